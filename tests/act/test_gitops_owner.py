"""What Argo CD, Flux or Helm writes: the card says so and proposes the change there; by itself nothing is done."""

import pytest

from bot.domain.message import Person
from bot.talk.cards.approval import approval_card
from bot.talk.cards.words import Words
from skills import Catalogue
from tests.act.lamps import LIN, Room
from tests.skills.kubernetes.things import deployment
from tests.skills.kubernetes.wire import Wire

SCALE = ("kubernetes.scale_deployment", {"namespace": "shop", "deployment": "order-service", "replicas": 5})
MARKS = [
    ("annotations", "argocd.argoproj.io/tracking-id", "shop-prod:apps/Deployment:shop/order", "Argo CD", "shop-prod"),
    ("labels", "argocd.argoproj.io/instance", "shop-prod", "Argo CD", "shop-prod"),
    ("labels", "kustomize.toolkit.fluxcd.io/name", "apps", "Flux", "apps"),
    ("labels", "helm.toolkit.fluxcd.io/name", "order", "Flux", "order"),
    ("annotations", "meta.helm.sh/release-name", "order", "Helm", "order"),
    ("labels", "helm.sh/chart", "order-1.2.3", "Helm", "order-1.2.3"),
]


@pytest.fixture
async def marked(tmp_path, request):
    where, key, value = request.param
    thing = deployment()
    thing["metadata"].setdefault(where, {})[key] = value
    wire = Wire({"kind": "Namespace", "metadata": {"name": "shop"}}, thing)
    room = Room(tmp_path)
    room.catalogue = Catalogue([wire.skill()])
    room.wire = wire
    yield await room.open()
    await room.catalogue.close()
    await room.database.close()


@pytest.mark.parametrize(
    ("marked", "system", "name"), [(mark[:3], *mark[3:]) for mark in MARKS], indirect=["marked"], ids=lambda each: None
)
async def test_the_card_names_the_owner_and_the_change_to_make_there(marked, system, name):
    asked = (await marked.ask(SCALE, who=LIN)).asked
    for language, said in (("en", f"{system} ({name}) writes this"), ("zh", f"由 {system}（{name}）管理")):
        blocks = approval_card(asked, Words(language)).blocks
        (hint,) = [each.text for each in blocks if said in getattr(each, "text", "")]
        assert "`spec.replicas: 3 -> 5`" in hint


@pytest.mark.parametrize("marked", [MARKS[0][:3]], indirect=True)
async def test_what_another_system_writes_is_never_changed_by_itself(marked):
    taken = await marked.ask(SCALE, who=Person("dutybot", "DutyBot", "bot"))
    assert taken.asked is None
    assert taken.seen[-1].key == "refused_owner"
    assert (
        Words("en").of_error(taken.seen[-1].key, taken.seen[-1].values, "").startswith("Argo CD shop-prod manages this")
    )
    assert marked.wire.things["deployments", "shop", "order-service"]["spec"]["replicas"] == 3


@pytest.mark.parametrize("marked", [("labels", "app", "order")], indirect=True)
async def test_what_nobody_else_writes_has_no_such_hint(marked):
    asked = (await marked.ask(SCALE, who=LIN)).asked
    text = repr(approval_card(asked, Words("en")))
    assert not any(system in text for system in ("Argo CD", "Flux", "Helm"))
