"""Where the cluster is, and how we sign in to it."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class KubernetesSettings(BaseSettings):
    """Read from KUBERNETES_*. The first that is given serves: a URL, a kubeconfig, the pod's own account."""

    model_config = SettingsConfigDict(env_prefix="KUBERNETES_", env_ignore_empty=True)

    url: str = ""
    token: SecretStr = SecretStr("")
    token_file: str = ""
    ca_file: str = ""
    client_cert_file: str = ""
    client_key_file: str = ""
    check_certificate: bool = True
    kubeconfig: str = ""
    kubeconfig_context: str = ""
    default_namespace: str = "default"
    timeout: float = 15.0
    clean_image: str = ""
    clean_images_with: str = ""
    clean_socket: str = ""
    clean_namespace: str = "kube-system"
    drain_timeout: float = 300.0
