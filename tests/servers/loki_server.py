"""A real Loki for tests: takes lines of any time, answers LogQL over them at once."""

import json
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping

import httpx

from tests.servers import programs
from tests.servers.process import LOCAL, Process, answers, free_ports, new_folder

Line = tuple[float, str] | tuple[float, str, Mapping[str, str]]
"""A log line: (unix seconds, text), and perhaps structured metadata."""


def _configuration(folder: str, http: int, grpc: int) -> dict[str, object]:
    return {
        "auth_enabled": False,
        "analytics": {"reporting_enabled": False},
        "server": {
            "http_listen_address": LOCAL,
            "http_listen_port": http,
            "grpc_listen_address": LOCAL,
            "grpc_listen_port": grpc,
            "log_level": "warn",
        },
        "common": {
            "path_prefix": folder,
            "replication_factor": 1,
            "instance_addr": LOCAL,
            "ring": {"kvstore": {"store": "inmemory"}},
            "storage": {"filesystem": {"chunks_directory": f"{folder}/chunks", "rules_directory": f"{folder}/rules"}},
        },
        "schema_config": {
            "configs": [
                {
                    "from": "2020-01-01",
                    "store": "tsdb",
                    "object_store": "filesystem",
                    "schema": "v13",
                    "index": {"prefix": "index_", "period": "24h"},
                }
            ]
        },
        # ready at once; a stream takes lines in any order, however old; what is in memory is always asked
        "ingester": {"lifecycler": {"min_ready_duration": "0s"}, "max_chunk_age": "8760h", "chunk_idle_period": "24h"},
        "querier": {"query_ingesters_within": "0"},
        "frontend_worker": {"frontend_address": f"{LOCAL}:{grpc}", "dns_lookup_duration": "200ms"},
        "query_range": {"cache_results": False},
        "pattern_ingester": {"enabled": True, "lifecycler": {"min_ready_duration": "0s"}},
        "limits_config": {
            "reject_old_samples": False,
            "allow_structured_metadata": True,
            "volume_enabled": True,
            "max_query_length": "0",
            "ingestion_rate_mb": 256,
            "ingestion_burst_size_mb": 512,
            "per_stream_rate_limit": "256MB",
            "per_stream_rate_limit_burst": "512MB",
            "max_streams_per_user": 0,
            "max_global_streams_per_user": 0,
        },
    }


class LokiServer:
    """A running Loki. `url` is what DutyBot's LOKI_URL would be."""

    def __init__(self) -> None:
        self.folder = new_folder("loki")
        http, grpc = free_ports(2)
        self.url = f"http://{LOCAL}:{http}"
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=30)
        (self.folder / "loki.yml").write_text(json.dumps(_configuration(str(self.folder), http, grpc), indent=1))
        self.process = Process("loki", [programs.find("loki"), f"-config.file={self.folder / 'loki.yml'}"], self.folder)
        try:
            self.process.wait(answers(f"{self.url}/ready"))
        except BaseException:
            self.stop()
            raise

    def push(self, labels: Mapping[str, str], lines: Iterable[Line]) -> None:
        """Adds lines to one stream."""
        self.push_streams([(labels, lines)])

    def push_streams(self, streams: Iterable[tuple[Mapping[str, str], Iterable[Line]]]) -> None:
        """Adds lines to many streams; they can be asked for when this returns."""
        waiting: dict[str, list[list[object]]] = defaultdict(list)
        size = 0
        for labels, lines in streams:
            key = json.dumps(dict(labels))
            for at, text, *more in lines:
                waiting[key].append([str(round(at * 1e9)), text, *map(dict, more)])
                size += len(text) + 40
                if size > 2_000_000:
                    self._send(waiting)
                    waiting.clear()
                    size = 0
        self._send(waiting)

    def _send(self, waiting: Mapping[str, list[list[object]]]) -> None:
        body = {"streams": [{"stream": json.loads(key), "values": values} for key, values in waiting.items()]}
        answer = self.client.post("/loki/api/v1/push", json=body)
        if answer.status_code != 204:
            raise RuntimeError(f"Loki took no lines: {answer.status_code} {answer.text}")

    def ask(self, query: str, start: float, end: float, limit: int = 1000) -> list[dict[str, object]]:
        """The answer to a range query, as the API gives it: streams of lines, or series for a metric query."""
        params = {"query": query, "start": round(start * 1e9), "end": round(end * 1e9), "limit": limit}
        answer = self.client.get("/loki/api/v1/query_range", params=params).raise_for_status().json()
        result: list[dict[str, object]] = answer["data"]["result"]
        return result

    def flush(self) -> None:
        """Writes what is in memory to disk: index/stats and index/volume count only that."""
        self.client.post("/flush").raise_for_status()
        time.sleep(0.2)

    def stop(self) -> None:
        self.process.stop(number=9)
        self.client.close()
        shutil.rmtree(self.folder, ignore_errors=True)
