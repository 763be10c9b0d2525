"""`svs corpus`: recordings become what training reads."""

from __future__ import annotations

import typer

from svs_cli.cli.corpus_check import check_command
from svs_cli.cli.corpus_copies import shift_command, sing_command
from svs_cli.cli.corpus_import import import_command
from svs_cli.cli.corpus_measure import measure_command
from svs_cli.cli.corpus_prepare import prepare_command
from svs_cli.cli.corpus_sources import fetch_command, sources_command
from svs_cli.cli.corpus_teach import teach_command

corpus_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Recordings become what training reads.")
corpus_app.command("sources")(sources_command)
corpus_app.command("fetch")(fetch_command)
corpus_app.command("import")(import_command)
corpus_app.command("check")(check_command)
corpus_app.command("prepare")(prepare_command)
corpus_app.command("measure")(measure_command)
corpus_app.command("shift")(shift_command)
corpus_app.command("sing")(sing_command)
corpus_app.command("teach")(teach_command)
