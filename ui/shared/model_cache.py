"""The models that this server has loaded, and those on their way, shared by everybody who looks at it."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import attention_core as ac
from attention_core import loading
from attention_core.hub.download import DownloadPlan
from attention_core.hub.progress import Progress
from ui.shared.background import Beside
from ui.shared.offer import source_of, title_of

AWAY = 5.0  # seconds without a look, after which a page no longer counts as waiting


@dataclass
class Job(Beside):
    """One attempt to have a model. A download goes on while the pages are drawn again, and all who wait share it.

    name:     what an address calls the model
    plan:     what the download takes, once the hub has told
    progress: how far it is
    problem:  why there is no model, after it ended without one
    waiting:  page -> when it last looked
    """

    name: str
    plan: DownloadPlan | None = None
    progress: Progress | None = None
    problem: str = ""
    waiting: dict[str, float] = field(default_factory=dict)

    def start(self, work: Callable[[], None]) -> None:
        """Begin the work beside the pages."""
        self.problem, self.progress = "", None
        self.run(work)

    def report(self, progress: Progress) -> bool:
        """Take down how far it is; False stops the download."""
        self.progress = progress
        return not self.stopping

    def look(self, page: str) -> None:
        """A page waits for it."""
        self.waiting[page] = time.monotonic()

    def leave(self, page: str) -> bool:
        """A page waits no longer; when no other does, the download stops. Returns whether it does."""
        self.waiting.pop(page, None)
        if all(time.monotonic() - looked > AWAY for looked in self.waiting.values()):
            self.stop()
        return self.stopping


@dataclass
class Shelf:
    """The models that are loaded, by what an address calls them, and a lock so that each is loaded once.

    downloads: the last one of each model
    """

    models: dict[str, ac.Model | ac.EncoderDecoder] = field(default_factory=dict)
    downloads: dict[str, Job] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def under_way(self, name: str) -> Job | None:
        """The download of a model that goes on; not one that has been told to stop, for which nobody else waits."""
        job = self.downloads.get(name)
        return job if job and job.running and not job.stopping else None

    def here(self, name: str) -> bool:
        """Whether a model needs no download; AttentionLabError when it cannot even be looked for."""
        return name in self.models or loading.locate(source_of(name)) is not None

    def take(self, name: str, report: Callable[[Progress], bool] | None = None) -> None:
        """Load a model, downloading what is missing; AttentionLabError when it cannot be had."""
        self.models[name] = replace(ac.load(source_of(name), progress=report), name=name)

    def take_from_disk(self, job: Job) -> bool:
        """Load a model that needs no download; False, with what went wrong as its problem, when that cannot be done."""

        def work() -> None:
            with self.lock:
                if job.name not in self.models and self.here(job.name):
                    self.take(job.name)

        tried(job, work)
        return job.name in self.models

    def ask(self, job: Job) -> None:
        """Learn what the download of a model takes, or why there can be none."""
        tried(job, lambda: setattr(job, "plan", loading.plan(source_of(job.name))))

    def download(self, job: Job) -> None:
        """Begin to download and load a model, unless that has begun."""
        with self.lock:
            if not job.running and not self.under_way(job.name) and job.name not in self.models:
                self.downloads[job.name] = job
                job.start(lambda: tried(job, lambda: self.take(job.name, job.report)))

    def drop(self, name: str) -> None:
        """Keep a model no longer, so that it is loaded anew when it is next wanted."""
        self.models.pop(name, None)


def tried(job: Job, work: Callable[[], None]) -> None:
    """Do some of a job's work; what goes wrong becomes its problem."""
    try:
        work()
    except ac.AttentionLabError as problem:
        job.problem = said(problem, job.name)
    except Exception:
        logging.exception("Loading %s", job.name)
        job.problem = f"{title_of(job.name)} could not be loaded; the server's log says why."


def said(problem: Exception, name: str) -> str:
    """What went wrong, with the model called as the page calls it: where its folder is, is the server's own."""
    source = source_of(name)
    return str(problem).replace(str(source), title_of(name)) if isinstance(source, Path) else str(problem)
