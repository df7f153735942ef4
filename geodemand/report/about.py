"""What a report says of itself beside its figures: words of the project, nothing about a client."""

from __future__ import annotations

from dataclasses import dataclass

from geodemand.core.disclosure import Policy
from geodemand.project import Project

QUESTIONS = {
    "profile": "Which kinds of neighbourhood clients come from",
    "check": "What the figures stand on",
    "hubs": "Whether boundaries agree, and for how many clients they do not",
}


@dataclass(frozen=True)
class About:
    """``name``: of the command, and of its files. ``title``: of the project, or the question.

    ``source``, ``date``, ``contact``, ``marking``: as the project file states them, may be empty. A
    date is stated and never taken from the clock: the same inputs give the same bytes.
    """

    name: str
    title: str
    question: str = ""
    source: str = ""
    date: str = ""
    contact: str = ""
    marking: str = ""

    @classmethod
    def of(cls, project: Project, name: str) -> About:
        """Return what the report of a command says of itself, from the project."""
        question = QUESTIONS.get(name, name)
        return cls(
            name=name,
            title=project.title or question,
            question=question,
            source=project.report.source or project.map.source,
            date=project.report.date,
            contact=project.report.contact,
            marking=project.report.marking or project.map.marking,
        )

    def markings(self, policy_marking: str) -> tuple[str, ...]:
        """Return the policy's marking and the project's own, each once."""
        return tuple(dict.fromkeys(each for each in (policy_marking, self.marking) if each))

    def said(self, policy: Policy) -> str:
        """Return source, date and rules in words, as they stand under every picture and map."""
        stated = (("Source", self.source), ("Date", self.date))
        words = [f"{term}: {said}." for term, said in stated if said]
        return " ".join((*words, f"Policy {policy.name}: {policy.explanation}"))
