"""As much of the `helm` command as the pages use, by the library that carries Helm itself."""

import argparse
import os

import helm_python
import yaml


def main():
    parser = argparse.ArgumentParser(prog="helm")
    parser.add_argument("verb", choices=["install", "upgrade", "rollback", "uninstall"])
    parser.add_argument("release")
    parser.add_argument("chart", nargs="?")
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--values")
    parser.add_argument("--reuse-values", action="store_true")
    parser.add_argument("--set", action="append", default=[])
    asked = parser.parse_args()
    values = {}
    for name in filter(None, [asked.values]):
        with open(name, encoding="utf-8") as file:  # noqa: PTH123 - as it was typed
            values |= yaml.safe_load(file)
    with helm_python.Config(kubeconfig_path=os.environ["KUBECONFIG"], namespace=asked.namespace) as helm:
        if asked.reuse_values:
            values = _deep(helm.get_values(asked.release), values)
        for each in asked.set:
            name, _, value = each.partition("=")
            inner = yaml.safe_load(value)
            for part in reversed(name.split(".")):
                inner = {part: inner}
            values = _deep(values, inner)
        match asked.verb:
            case "install" | "upgrade":
                getattr(helm, asked.verb)(asked.chart, asked.release, values, namespace=asked.namespace)
            case "rollback":
                helm.rollback(asked.release, version=0)
            case "uninstall":
                helm.uninstall(asked.release)


def _deep(one, other):
    """The second over the first."""
    made = dict(one)
    for name, value in other.items():
        made[name] = _deep(made[name], value) if isinstance(value, dict) and isinstance(made.get(name), dict) else value
    return made


if __name__ == "__main__":
    main()
