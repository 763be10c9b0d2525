"""The same job function on a Ray cluster, for more than one machine.

The machines must see the same files under the same paths: scores, outputs and `$SVS_HOME`. Ray finds its cluster by
`RAY_ADDRESS`; without it, it starts one on this machine. `workers` bounds the songs that are under way at once.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from svs_cli.batch.work import Outcome, Task, render
from svs_cli.batch.workers import THREAD_VARIABLES, Died, usable_cores
from svs_cli.errors import ExtraMissingError, UsageError

PASSED_ON = ("SVS_HOME", "PYTHONPATH")


def load_ray() -> Any:
    """The package. Raises ExtraMissingError."""
    try:
        import ray
    except ImportError as error:
        raise ExtraMissingError("ray", extra="ray", purpose="--engine ray") from error
    return ray


def on_ray(
    tasks: Iterable[Task], workers: int | None, threads: int | None
) -> Generator[tuple[Task, Outcome | Died], None, None]:
    """Outcomes as they come; see `run.Engine`. Raises ExtraMissingError, or UsageError if there is no cluster."""
    ray = load_ray()
    threads = threads or 1
    connect(ray, threads)
    try:
        under_way = workers or max(1, int(ray.cluster_resources().get("CPU", 1)) // threads)
        job = ray.remote(num_cpus=threads, max_retries=0)(render)
        waiting = iter(tasks)
        pending: dict[Any, Task] = {job.remote(anywhere(task)): task for task in islice(waiting, under_way)}
        while pending:
            (done,), _ = ray.wait(list(pending), num_returns=1)
            task = pending.pop(done)
            for following in islice(waiting, 1):
                pending[job.remote(anywhere(following))] = following
            yield task, outcome_of(ray, done)
    finally:
        ray.shutdown()


def anywhere(task: Task) -> Task:
    """A task whose paths mean the same in another process's folder."""
    job = task.job
    stages = job.stages_folder and job.stages_folder.absolute()
    output = job.output and job.output.absolute()
    return replace(task, job=replace(job, source=str(Path(job.source).absolute()), output=output, stages_folder=stages))


def connect(ray: Any, threads: int) -> None:
    """Join the cluster, or start one here; its workers keep to their number of threads. Raises UsageError."""
    variables = {name: str(threads) for name in THREAD_VARIABLES}
    variables |= {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    address = os.environ.get("RAY_ADDRESS")
    here: dict[str, Any] = {} if address else {"num_cpus": usable_cores(), "include_dashboard": False}
    try:
        ray.init(
            address=address or "local", runtime_env={"env_vars": variables}, log_to_driver=False, logging_level="ERROR",
            ignore_reinit_error=True, **here,
        )  # fmt: skip
    except (ConnectionError, RuntimeError, ValueError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"Ray cannot be reached: {told}", fix="start it, or leave out --engine ray") from error


def outcome_of(ray: Any, reference: Any) -> Outcome | Died:
    """What a task returned, or that its worker died."""
    try:
        outcome: Outcome = ray.get(reference)
    except ray.exceptions.RayError:
        return Died(None)
    return outcome
