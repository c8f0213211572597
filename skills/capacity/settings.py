"""How far the capacity skill looks, what counts as full, and where it reads and acts."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Share = Annotated[float, Field(gt=0, le=1)]


class CapacitySettings(BaseSettings):
    """Read from CAPACITY_*."""

    model_config = SettingsConfigDict(env_prefix="CAPACITY_", env_ignore_empty=True)

    language: Literal["en", "zh"] = "en"
    history_days: Annotated[int, Field(ge=1, le=60)] = 14
    step_seconds: Annotated[int, Field(ge=15, le=3600)] = 300
    timeout: float = 30.0
    most_series: Annotated[int, Field(ge=1, le=20_000)] = 2_000
    most_shown: Annotated[int, Field(ge=1, le=200)] = 20
    safe_share: Share = 0.8
    lead_minutes: Annotated[float, Field(ge=0)] = 30.0
    node_price_per_hour: Annotated[float, Field(ge=0)] = 0.0
    currency: str = "USD"
    node_source: Literal[
        "cluster_autoscaler", "provisioning_request", "placeholder", "machine_deployment", "karpenter"
    ] = "cluster_autoscaler"
    node_group: str = ""
    namespace: str = ""
    placeholder_image: str = "registry.k8s.io/pause:3.10"
    most_nodes: Annotated[int, Field(ge=1, le=1000)] = 20
    report_folder: str = ""


class PrometheusAddress(BaseSettings):
    """Read from PROMETHEUS_*: the same Prometheus that people ask."""

    model_config = SettingsConfigDict(env_prefix="PROMETHEUS_", env_ignore_empty=True)

    url: str = "http://prometheus:9090"
    token: SecretStr = SecretStr("")
    token_file: str = ""
    user: str = ""
    password: SecretStr = SecretStr("")
    ca_file: str = ""
    check_certificate: bool = True
    public_url: str = ""


class KubernetesAddress(BaseSettings):
    """Read from KUBERNETES_*; the pod's own account where nothing is given."""

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
    timeout: float = 15.0
