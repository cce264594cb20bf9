"""SCIM clients that others wrote, each run once against a server.

    scim_clients.py tester|sanity|round --url BASE-URL --token TOKEN

Prints one line of JSON for each thing that was looked at: {"what", "result", "why"}.
"""

import argparse
import json
import sys

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient


def tell(what, result, why=None):
    print(json.dumps({"what": what, "result": result, "why": why}), flush=True)


def client(arguments):
    headers = {"Authorization": f"Bearer {arguments.token}"}
    # The environment's proxies are not for a server on this machine.
    http = httpx2.Client(base_url=arguments.url, headers=headers, timeout=60, trust_env=False)
    return SyncSCIMClient(http)


def tester(arguments):
    """Every check of scim2-tester."""
    from scim2_tester import check_server

    for result in check_server(client(arguments)):
        what = " ".join(part for part in (result.title, result.resource_type) if part)
        why = f"{result.reason or ''} {result.data if result.status.name != 'SUCCESS' else ''}"
        tell(what, result.status.name, why.strip())


def sanity(arguments):
    """The probe of scim-sanity, strict."""
    from scim_sanity.probe.runner import run_probe_api

    for result in run_probe_api(arguments.url, token=arguments.token, strict=True)["results"]:
        tell(result["name"], result["status"].upper(), result.get("message"))


def round(arguments):
    """A resource's life with scim2-client, which checks every answer against the schemas that the server publishes."""
    from scim2_models import PatchOp, PatchOperation, ResponseParameters, SearchRequest

    scim = client(arguments)
    scim.discover()
    User, Group = scim.get_resource_model("User"), scim.get_resource_model("Group")

    ann = scim.create(User(user_name="ann@globex.example", display_name="Ann"))
    tell("create", "SUCCESS", ann.id)
    group = scim.create(Group(display_name="Engineering", members=[Group.Members(value=ann.id)]))
    assert [member.value for member in group.members] == [ann.id], group
    tell("create a group", "SUCCESS", group.id)

    found = scim.query(User, query_parameters=SearchRequest(filter='userName eq "ANN@globex.example"'))
    assert found.total_results == 1 and found.resources[0].id == ann.id, found
    assert [one.value for one in found.resources[0].groups] == [group.id], found
    tell("query", "SUCCESS")

    part = scim.query(User, ann.id, query_parameters=ResponseParameters(attributes=["displayName"]))
    assert part.display_name == "Ann" and part.user_name is None, part
    tell("query of one attribute", "SUCCESS")

    ann.display_name = "Ann Lee"
    ann.groups = ann.meta = None
    assert scim.replace(ann).display_name == "Ann Lee"
    tell("replace", "SUCCESS")

    operation = PatchOperation(op=PatchOperation.Op.replace_, path="active", value=False)
    changed = scim.modify(User, ann.id, PatchOp[User](operations=[operation]))
    assert (changed or scim.query(User, ann.id)).active is False, changed
    tell("modify", "SUCCESS")

    found = scim.search(SearchRequest(filter='displayName sw "Ann" or displayName eq "engineering"'))
    assert {one.id for one in found.resources} == {ann.id, group.id}, found
    tell("search", "SUCCESS")

    scim.delete(Group, group.id)
    scim.delete(User, ann.id)
    gone = scim.query(User, ann.id, raise_scim_errors=False)
    assert gone.status == 404, gone
    tell("delete", "SUCCESS")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("client", choices=["tester", "sanity", "round"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    arguments = parser.parse_args()
    {"tester": tester, "sanity": sanity, "round": round}[arguments.client](arguments)
    sys.stdout.flush()
