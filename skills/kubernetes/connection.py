"""How we sign in to the cluster: as every skill does that works on it."""

from skills.http import Server
from skills.kube_sign_in import sign_in
from skills.kubernetes.settings import KubernetesSettings


def connection(settings: KubernetesSettings) -> Server:
    """The first that is given serves: a URL, a kubeconfig, the pod's own account."""
    return sign_in(settings)
