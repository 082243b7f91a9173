"""What Lore asks a Qdrant server for when it makes a collection and searches it, as it goes over the wire."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from qdrant_client import QdrantClient

from storage.document import PUBLIC
from storage.qdrant_collection import CollectionMaking
from storage.qdrant_server import ServerIndex
from tests.storage.index_points import BM25, towards

Json = dict[str, Any]


@dataclass
class StandIn:
    """A server that has the collections which it was asked to make, and nothing in them."""

    requests: list[tuple[str, str, Json]] = field(default_factory=list)
    collections: dict[str, Json] = field(default_factory=dict)
    address: str = ""

    def answer(self, method: str, path: str, body: Json) -> Any:
        self.requests.append((method, path, body))
        name = path.split("/")[2] if path.startswith("/collections/") else ""
        match method, path.removeprefix(f"/collections/{name}"):
            case "GET", "/exists":
                return {"exists": name in self.collections}
            case "PUT", "":
                self.collections[name] = body
                return True
            case "DELETE", "":
                return self.collections.pop(name, None) is not None
            case "GET", "":
                return self._info(self.collections[name])
            case "POST", "/points/query/batch":
                return [{"points": []} for _ in body["searches"]]
            case "POST", "/points/count":
                return {"count": 0}
            case _:
                return {"operation_id": 1, "status": "completed"}

    def body(self, method: str, end: str) -> Json:
        """What the last request of this kind asked for."""
        return next(body for asked, path, body in reversed(self.requests) if asked == method and path.endswith(end))

    @staticmethod
    def _info(made: Json) -> Json:
        params = {"vectors": made["vectors"], "sparse_vectors": made["sparse_vectors"]}
        hnsw = {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000}
        optimizers = {"deleted_threshold": 0.2, "vacuum_min_vector_number": 1, "flush_interval_sec": 5}
        config = {
            "params": params,
            "hnsw_config": hnsw,
            "optimizer_config": {**optimizers, "default_segment_number": 0},
        }
        state = {"status": "green", "optimizer_status": "ok", "segments_count": 1}
        return {**state, "config": config, "payload_schema": {}}


@pytest.fixture
def server() -> Iterator[StandIn]:
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            result = stand_in.answer(self.command, self.path.partition("?")[0], body)
            answer = json.dumps({"result": result, "status": "ok", "time": 0.0}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    stand_in.address = f"http://127.0.0.1:{listener.server_port}"
    yield stand_in
    listener.shutdown()
    listener.server_close()


def opened(server: StandIn, **making: Any) -> ServerIndex:
    client = QdrantClient(url=server.address, check_compatibility=False)
    index = ServerIndex(client, making=CollectionMaking(**making))
    index.activate("a model", 8)
    return index


def test_a_collection_is_made_with_what_the_settings_say(server: StandIn) -> None:
    opened(
        server, shard_number=6, replication_factor=2, quantization="int8", on_disk=True, audience_is_tenant=True
    ).close()
    [made] = server.collections.values()
    assert (made["shard_number"], made["replication_factor"]) == (6, 2)
    assert made["vectors"]["dense"] == {
        "size": 8,
        "distance": "Dot",
        "on_disk": True,
        "quantization_config": {"scalar": {"type": "int8", "quantile": 0.99, "always_ram": True}},
    }
    assert made["sparse_vectors"]["bm25"] == {"index": {"on_disk": True}, "modifier": "idf"}
    index = server.body("PUT", "/index")
    assert index["field_name"] == "audience"
    assert index["field_schema"] == {"type": "keyword", "is_tenant": True, "on_disk": True}


def test_without_settings_the_server_decides(server: StandIn) -> None:
    opened(server).close()
    [made] = server.collections.values()
    assert (made.get("shard_number"), made.get("replication_factor")) == (None, None)
    assert made["vectors"]["dense"] == {"size": 8, "distance": "Dot"}
    assert made["sparse_vectors"]["bm25"] == {"modifier": "idf"}
    assert server.body("PUT", "/index")["field_schema"] == {"type": "keyword", "is_tenant": False}


def test_the_collection_of_another_version_is_made_alike(server: StandIn) -> None:
    index = opened(server, shard_number=3)
    index.beside("a learnt version", 8)
    index.reset("a model", 8)
    index.close()
    assert [made["shard_number"] for made in server.collections.values()] == [3, 3]


def test_a_collection_that_stands_is_left_as_it_was_made(server: StandIn) -> None:
    opened(server, shard_number=3).close()
    opened(server, shard_number=6).close()
    assert [made["shard_number"] for made in server.collections.values()] == [3]


@pytest.mark.parametrize(("quantization", "oversampling"), [("int8", 1.5), ("binary", 3.0), ("none", None)])
def test_compressed_vectors_only_choose_whom_whole_ones_are_compared_with(
    server: StandIn, quantization: str, oversampling: float | None
) -> None:
    index = opened(server, quantization=quantization)
    index.search(towards(1.0), BM25.question("leave"), PUBLIC, 10, 0.5)
    index.close()
    dense, bm25, *_ = server.body("POST", "/points/query/batch")["searches"]
    expected = None if oversampling is None else {"quantization": {"rescore": True, "oversampling": oversampling}}
    assert dense.get("params") == expected
    assert "params" not in bm25
