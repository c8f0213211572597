"""Every kind of fault is named with its proof, asked by an alert or in words; the same shops, whole, are well."""

import pytest

from bot.think.diagnosis import Verdict, diagnose
from bot.think.diagnosis.markdown import as_markdown
from tests.think.diagnosis.faults import FAULTS
from tests.think.diagnosis.kube import alert, sight


@pytest.mark.parametrize("way", ["alert", "en", "zh"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_proof(name, way):
    fault = FAULTS[name]
    first = next(iter(fault.labels.values()), "shop")
    asks = {
        "alert": alert(fault.alert, **fault.labels),
        "en": {"kind": "question", "text": f"What is wrong with {first} in namespace shop?"},
        "zh": {"kind": "question", "text": f"shop 命名空间的 {first} 为什么不正常?"},
    }
    diagnosis = diagnose(sight(*fault.things, ask=asks[way], logs=fault.logs, metrics=fault.metrics))
    assert diagnosis.verdict is Verdict.FAULT
    assert diagnosis.cause.category in fault.category, [(one.key, one.weight) for one in diagnosis.findings]
    assert diagnosis.cause.about.name in fault.root
    assert diagnosis.cause.confidence >= 0.5
    for language in ("zh", "en"):
        assert fault.said in as_markdown(diagnosis, language)
    assert all(proof.query for finding in diagnosis.cause.speaks_for for proof in finding.proofs)
