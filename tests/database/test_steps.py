"""The steps lead to exactly the tables that the rooms declare, from nothing and from before."""

import importlib
import pkgutil

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import bot
from bot.database import Database, metadata


def declare_all():
    """Import every room, so that every table is declared."""
    for module in pkgutil.walk_packages(bot.__path__, "bot."):
        if "migrations" not in module.name and not module.name.endswith(("__main__", ".operator")):
            importlib.import_module(module.name)


async def differences(database):
    declare_all()

    def compare(connection):
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return compare_metadata(context, metadata)

    async with database.begin() as connection:
        return await connection.run_sync(compare)


async def test_on_sqlite(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await database.open()
    await database.open()
    assert await differences(database) == []
    await database.close()


@pytest.mark.servers
async def test_on_postgresql(postgres):
    database = Database(postgres.new_database())
    await database.open()
    await database.open()
    assert await differences(database) == []
    await database.close()
