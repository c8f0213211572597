"""What may happen, written apart from the gate: by whose word, on which card, at what time."""

from dataclasses import dataclass, field


@dataclass
class Request:
    """One card as a person saw it."""

    lamp: str
    digest: str
    asker: str
    until: float
    open: bool = True
    granted: bool = False
    moved: bool = False
    """The live lamp is no longer the one that was seen."""
    done_before: int = 0


@dataclass
class Oracle:
    """Told of all that people do; asked whether what was done was allowed."""

    requests: dict = field(default_factory=dict)
    lamps: dict = field(default_factory=dict)

    def asked(self, id, lamp, digest, asker, until):
        self.requests[id] = Request(lamp, digest, asker, until)
        self.lamps.setdefault(lamp, []).append(id)

    def said(self, id, digest, who, granted, at):
        """One click. Only Chen, on the true card, in time, the first, and never on a card of Chen's own."""
        request = self.requests.get(id)
        if request is None or not request.open or digest != request.digest or who != "web::approver":
            return
        if at >= request.until or (granted and who == request.asker):
            return
        request.open = False
        request.granted = granted

    def replaced(self, id):
        self.requests[id].open = False

    def wrong(self, done):
        """What was done without leave that counts, and what was done twice."""
        told = []
        for lamp in sorted(set(done)):
            leaves = [self.requests[each] for each in self.lamps.get(lamp, ())]
            allowed = sum(each.granted for each in leaves)
            if done.count(lamp) > allowed:
                told.append((lamp, done.count(lamp), allowed))
            if allowed and all(each.moved for each in leaves if each.granted):
                told.append((lamp, "it was another one by then"))
        return told
