"""What our errors say in English, by wording key."""

SENTENCES = {
    # arguments
    "unknown_argument": "{action} has no argument named {argument}; it takes: {known}.",
    "missing_argument": "{action} needs the argument {argument}.",
    "bad_argument": "{argument} of {action} is not usable: {why}.",
    "bad_time_range": "I do not understand the time “{text}”; write for example 1h, yesterday 14:00, or 9:00-10:00.",
    "time_in_future": "The time “{text}” lies in the future; ask for a time that has passed.",
    "time_too_long": "“{text}” is longer than {most} days; ask for a shorter time.",
    "unknown_action": "There is no action named {action}; the nearest is {nearest}.",
    # any server
    "unreachable": "{system} at {url} does not answer ({why}); check that it runs and that its address is right.",
    "answered_badly": "{system} answered with status {status} ({why}); try again in a moment.",
    "not_understood": "{system} did not understand the question: {why}.",
    "not_signed_in": "{system} did not accept our credentials; check its token.",
    "forbidden": "{system} refused: {why}. Ask its owner for the right.",
    "not_found": "{system} has no such thing: {why}.",
    "changed_meanwhile": "{system} says it changed meanwhile ({why}); look again before acting.",
    "too_large": "{system} answered with more than {most} bytes; ask for less: a shorter time or fewer things.",
    "not_json": "{system} at {url} did not answer with JSON; check that its address is right.",
    "bad_certificate_file": "The certificate file {path} for {system} cannot be read ({why}).",
    "no_cluster": "No cluster is set up; give KUBERNETES_URL or KUBERNETES_KUBECONFIG, or run inside a cluster.",
    "bad_kubeconfig": "The kubeconfig {path} cannot be used ({why}).",
    "kubeconfig_runs_a_program": "The kubeconfig {path} signs in by a program, which I do not run; give a token.",
    "secrets_unseen": "Secrets are never read.",
    "unknown_kind": "I do not know the kind {kind}; I know: {known}.",
    "no_namespace": "There is no namespace {namespace}; the nearest: {near}.",
    "no_such_thing": "There is no {kind} {name} in {namespace}; the nearest: {near}.",
}
