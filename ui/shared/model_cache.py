"""The models that this server has loaded or is downloading, shared by all sessions."""

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
from ui.shared.background import BackgroundTask
from ui.shared.offer import source_of, title_of

WAITING_TIMEOUT = 5.0  # seconds without a sign of life, after which a page no longer counts as waiting


@dataclass
class Job(BackgroundTask):
    """One attempt to load a model; a download runs in the background, and all pages that wait for it share it.

    name:     the model's name in an address
    plan:     the files to download, once the hub has listed them
    progress: the progress of the download
    problem:  why the job ended without a model
    waiting:  page -> when it last reported that it waits
    """

    name: str
    plan: DownloadPlan | None = None
    progress: Progress | None = None
    problem: str = ""
    waiting: dict[str, float] = field(default_factory=dict)

    def start(self, work: Callable[[], None]) -> None:
        """Start the work in the background."""
        self.problem, self.progress = "", None
        self.run(work)

    def report(self, progress: Progress) -> bool:
        """Record the progress; returns False to stop the download."""
        self.progress = progress
        return not self.stopping

    def mark_waiting(self, page: str) -> None:
        """Record that a page waits."""
        self.waiting[page] = time.monotonic()

    def stop_waiting(self, page: str) -> bool:
        """A page stops waiting; the download stops with the last one. Returns whether it does."""
        self.waiting.pop(page, None)
        if all(time.monotonic() - seen > WAITING_TIMEOUT for seen in self.waiting.values()):
            self.stop()
        return self.stopping


@dataclass
class ModelCache:
    """The loaded models by their name in an address, with a lock so each is loaded once.

    downloads: the latest download of each model
    """

    models: dict[str, ac.Model | ac.EncoderDecoder] = field(default_factory=dict)
    downloads: dict[str, Job] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def running_download(self, name: str) -> Job | None:
        """A model's download in progress; None where there is none, or it is being stopped."""
        job = self.downloads.get(name)
        return job if job and job.running and not job.stopping else None

    def is_local(self, name: str) -> bool:
        """Whether a model is on this machine; AttentionLabError where that cannot be determined."""
        return name in self.models or loading.local_folder(source_of(name)) is not None

    def load(
        self, name: str, report: Callable[[Progress], bool] | None = None,
        reading: Callable[[float], object] | None = None,
    ) -> None:  # fmt: skip
        """Load a model, downloading missing files; AttentionLabError where that fails."""
        self.models[name] = replace(ac.load(source_of(name), progress=report, reading=reading), name=name)

    def load_local(self, job: Job, reading: Callable[[float], object] | None = None) -> bool:
        """Load a model without downloading; returns whether it is loaded, else `job.problem` may say why not.

        reading: called with the share of the weights that is read
        """

        def work() -> None:
            with self.lock:
                if job.name not in self.models and self.is_local(job.name):
                    self.load(job.name, reading=reading)

        run_step(job, work)
        return job.name in self.models

    def plan_download(self, job: Job) -> None:
        """List the files of a model's download, or record why that fails."""
        run_step(job, lambda: setattr(job, "plan", loading.download_plan(source_of(job.name))))

    def download(self, job: Job) -> None:
        """Start to download and load a model, unless that is under way or done."""
        with self.lock:
            if not job.running and not self.running_download(job.name) and job.name not in self.models:
                self.downloads[job.name] = job
                job.start(lambda: run_step(job, lambda: self.load(job.name, job.report)))

    def drop(self, name: str) -> None:
        """Remove a model, so it is loaded again when it is next needed."""
        self.models.pop(name, None)


MODELS = ModelCache()
"""The models of this process. They are not in Streamlit's cache, which any visitor's browser may clear."""


def run_step(job: Job, work: Callable[[], None]) -> None:
    """Do a part of a job's work; an exception becomes its problem."""
    try:
        work()
    except ac.AttentionLabError as problem:
        job.problem = problem_message(problem, job.name)
    except Exception:
        logging.exception("Loading %s", job.name)
        job.problem = f"{title_of(job.name)} could not be loaded; the server's log says why."


def problem_message(problem: Exception, name: str) -> str:
    """An error's message, with the model's title in place of its folder: the path is not for visitors."""
    source = source_of(name)
    return str(problem).replace(str(source), title_of(name)) if isinstance(source, Path) else str(problem)
