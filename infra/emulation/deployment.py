"""A deployment in the emulator: its database, its issuer, its stack, and a sandbox to call."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from infra.database.cast import LOGINS, SERVICES
from infra.emulation.emulator import PYTHON, Emulator
from infra.emulation.issuer import IssuerPages
from infra.emulation.packages import Packages
from infra.emulation.translation import Package, Translation, translate
from infra.local import sandbox
from infra.local.database import LocalDatabase
from infra.local.home import AUDIENCE, TEMPLATE, Home, LoginUrls
from infra.topology import Topology, read_topology
from infra.topology.loader import load_template

STAGE: Final = "emulated"
BUCKET: Final = "packages"
SEALING: Final = "induct/sealing-key"
SIGNING: Final = "induct/signing-key"
DEPLOY_SECONDS: Final = 300
# What runs by the minute does so from the first minute on; nobody waits for that one.
LINGERING: Final = ("Relay", "SafetyWebhookSender")


class NotDeployed(RuntimeError):
    """The emulator did not take the stack; the message says why."""


@dataclass(frozen=True)
class Deployed:
    """A running deployment. ``url`` is where its API answers."""

    home: Home
    emulator: Emulator
    url: str
    resources: Mapping[str, str]
    remarks: tuple[str, ...]
    topology: Topology

    def invoke(self, function: str, event: Any, *, wait: bool = True) -> Any:
        """What a function answers, called as its schedule calls it; None without ``wait``.

        Raises ``NotDeployed`` where it raises.
        """
        answer = self.emulator.client("lambda").invoke(
            FunctionName=self.resources[function],
            InvocationType="RequestResponse" if wait else "Event",
            Payload=json.dumps(event).encode(),
        )
        if not wait:
            return None
        told = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise NotDeployed(f"{function}: {told}")
        return told


@contextmanager
def deployed(home: Home) -> Iterator[Deployed]:
    """The template in the emulator, with everything it needs in ``home``; gone afterwards, but for
    the database and the packages. Raises ``NotDeployed``, ``EmulatorDown``, ``Untranslatable``."""
    with ExitStack() as running:
        database = LocalDatabase(home)
        running.callback(database.close)
        logins = database.open()
        running.enter_context(IssuerPages(home))
        emulator = running.enter_context(Emulator(home.folder))
        made = _deploy(home, emulator, logins)
        sandbox.activate_shipped(logins)
        asyncio.run(_prepare(made))
        for function in LINGERING:
            made.invoke(function, _input(made.topology, function), wait=False)
        yield made


def _deploy(home: Home, emulator: Emulator, logins: LoginUrls) -> Deployed:
    topology = read_topology(TEMPLATE)
    translation = translate(
        load_template(TEMPLATE),
        topology,
        _upload(home, emulator, topology),
        variables=_variables(home, logins),
        beside={"INDUCT_SANDBOX": "1"},
    )
    _keep_secrets(emulator, home)
    resources = _create(emulator, home, translation)
    url = f"{emulator.url}/_aws/execute-api/{resources['Api']}/$default"
    return Deployed(home, emulator, url, resources, translation.remarks, topology)


def _upload(home: Home, emulator: Emulator, topology: Topology) -> dict[str, Package]:
    packages = Packages(home.folder / "packages", PYTHON)
    s3 = emulator.client("s3")
    s3.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name}
    )
    made: dict[str, Package] = {}
    sent: set[str] = set()
    for function in topology.functions:
        file = packages.zip_for(function)
        if file.name not in sent:
            s3.put_object(Bucket=BUCKET, Key=file.name, Body=file.read_bytes())
            sent.add(file.name)
        made[function.logical_id] = Package(BUCKET, file.name)
    return made


def _variables(home: Home, logins: LoginUrls) -> dict[str, str]:
    """What the parts of the template that the emulator lacks would have said."""
    keys = f"{home.url}/.well-known/jwks.json"
    urls = {login.name.removeprefix("induct_"): logins.url(login.name) for login in LOGINS}
    return {
        f"INDUCT_{name.upper()}_DATABASE_URL": url
        for name, url in (urls | {"admin": logins.admin_url}).items()
    } | {
        "INDUCT_JWKS_URL": keys,
        "INDUCT_SIGNATURE_JWKS_URL": keys,
        "INDUCT_KEYS_BUCKET": "",
        "INDUCT_SEALING_KEY_SECRET": SEALING,
        "INDUCT_SIGNING_KEY_SECRET": SIGNING,
        # The emulator has no versions of a function: it is asked itself.
        "INDUCT_NEW_VERSIONS": " ".join(
            f"{service}=induct-{STAGE}-{service.capitalize()}Api" for service in SERVICES
        ),
    }


def _keep_secrets(emulator: Emulator, home: Home) -> None:
    own = home.secrets()
    client = emulator.client("secretsmanager")
    client.create_secret(Name=SEALING, SecretString=own["sealing_key"])
    client.create_secret(Name=SIGNING, SecretString=own["signing_key"])


def _create(emulator: Emulator, home: Home, translation: Translation) -> dict[str, str]:
    """Create the stack; the physical name of each resource by its logical one."""
    emulator.client("s3").put_object(
        Bucket=BUCKET, Key="template.json", Body=json.dumps(translation.template).encode()
    )
    cloudformation = emulator.client("cloudformation")
    given = {
        "Stage": STAGE,
        "Issuer": home.url,
        "Audience": AUDIENCE,
        "TokenKeysUrl": f"{home.url}/.well-known/jwks.json",
    }
    cloudformation.create_stack(
        StackName=STAGE,
        TemplateURL=f"{emulator.url}/{BUCKET}/template.json",
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    _await_stack(cloudformation)
    listed = cloudformation.describe_stack_resources(StackName=STAGE)["StackResources"]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed}


def _await_stack(cloudformation: Any) -> None:
    ends = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < ends:
        (stack,) = cloudformation.describe_stacks(StackName=STAGE)["Stacks"]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return
        if "IN_PROGRESS" not in stack["StackStatus"] or "ROLLBACK" in stack["StackStatus"]:
            events = cloudformation.describe_stack_events(StackName=STAGE)["StackEvents"]
            causes = [
                f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
                for event in events
                if event["ResourceStatus"].endswith("FAILED")
            ]
            raise NotDeployed("\n".join([stack["StackStatus"], *causes]))
        time.sleep(0.2)
    raise NotDeployed(f"not there after {DEPLOY_SECONDS} s")


def _input(topology: Topology, function: str) -> Any:
    """What its schedule sends a function."""
    (schedule,) = (one for one in topology.schedules if one.function == function)
    return schedule.input or {}


async def _prepare(made: Deployed) -> None:
    async with httpx.AsyncClient(base_url=made.url, timeout=60) as client:
        await sandbox.prepare(client, made.home)
