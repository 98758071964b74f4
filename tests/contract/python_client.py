"""From an account to a case with a client that nobody here wrote: python_client.py SANDBOX_URL.

openapi-python-client generates it from Persona's own OpenAPI file (script/contract-client), so its
paths, methods, parameters and bodies are the vendor's word. It makes no models of most answers, whose
schemas refer to one another in ways that it does not follow, so the answers are read as JSON.
"""

import json
import sys
import time

from persona_client import AuthenticatedClient
from persona_client.api.accounts import create_an_account, list_all_accounts, retrieve_an_account
from persona_client.api.cases import assign_a_case, list_all_cases, retrieve_case, set_status_for_a_case
from persona_client.api.government_id_verifications import retrieve_a_government_id_verification
from persona_client.api.inquiries import (
    create_an_inquiry,
    inquiries_perform_simulate_actions,
    retrieve_an_inquiry,
)
from persona_client.models import (
    AssignACaseBody,
    CreateAnAccountBody,
    CreateAnInquiryBody,
    InquiriesPerformSimulateActionsBody,
    ListAllAccountsFilter,
    ListAllCasesFilter,
    SetStatusForACaseBody,
)

VERSION = "2025-10-27"


def expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        sys.exit(f"{what}: {found!r} instead of {expected!r}")


class DeepObject:
    """A parameter as the file's `style: deepObject` asks, `filter[reference-id]=…`: the generator does
    not know this style, and writes each property as a parameter of its own."""

    def __init__(self, name: str, value: ListAllAccountsFilter | ListAllCasesFilter) -> None:
        self.name = name
        self.value = value

    def to_dict(self) -> dict:
        return {f"{self.name}[{key}]": value for key, value in self.value.to_dict().items()}


class Journey:
    def __init__(self, sandbox: str) -> None:
        self.client = AuthenticatedClient(
            base_url=f"{sandbox}/api/v1", token="persona_sandbox_python", timeout=10
        )

    def ask(self, operation: object, status: int, *path: str, **parameters: object) -> dict:
        """The answer's document."""
        answer = operation.sync_detailed(
            *path, client=self.client, persona_version=VERSION, **parameters
        )
        name = operation.__name__.rpartition(".")[2]
        expect(f"{name}: status code", answer.status_code, status)
        return json.loads(answer.content)

    def account(self, reference_id: str) -> str:
        attributes = {"reference-id": reference_id, "tags": ["walker"]}
        body = CreateAnAccountBody.from_dict({"data": {"attributes": attributes}})
        account = self.ask(create_an_account, 201, body=body)["data"]["id"]
        wanted = DeepObject("filter", ListAllAccountsFilter(reference_id=reference_id))
        listed = self.ask(list_all_accounts, 200, filter_=wanted)
        expect("list accounts: IDs", [it["id"] for it in listed["data"]], [account])
        return account

    def inquiry(self, account: str) -> str:
        attributes = {"inquiry-template-id": "itmpl_sandboxKYC", "account-id": account}
        body = CreateAnInquiryBody.from_dict({"data": {"attributes": attributes}})
        made = self.ask(create_an_inquiry, 201, body=body)["data"]
        expect("inquiry: account", made["relationships"]["account"]["data"]["id"], account)
        return made["id"]

    def verification(self, inquiry: str) -> str:
        """The government ID that is created failed, which ends the inquiry."""
        actions = [
            {"type": "start_inquiry"},
            {
                "type": "create_failed_verification",
                "data": {"verification-template-id": "vtmpl_sandboxGovernmentId"},
            },
            {"type": "fail_inquiry"},
        ]
        body = InquiriesPerformSimulateActionsBody.from_dict({"meta": {"simulate-actions": actions}})
        self.ask(inquiries_perform_simulate_actions, 200, inquiry, body=body)
        read = self.ask(retrieve_an_inquiry, 200, inquiry)["data"]
        expect("inquiry: status", read["attributes"]["status"], "failed")
        [verification] = read["relationships"]["verifications"]["data"]
        retrieve = retrieve_a_government_id_verification
        read = self.ask(retrieve, 200, verification["id"])["data"]
        expect("verification: status", read["attributes"]["status"], "failed")
        return verification["id"]

    def case(self, inquiry: str, verification: str) -> None:
        """The case that the failed inquiry opened."""
        wanted = DeepObject("filter", ListAllCasesFilter(inquiry_id=inquiry))
        listed = self.ask(list_all_cases, 200, filter_=wanted)
        [case] = [it["id"] for it in listed["data"]]
        user = AssignACaseBody.from_dict({"meta": {"user-email-address": "ada@example.com"}})
        self.ask(assign_a_case, 200, case, body=user)
        status = SetStatusForACaseBody.from_dict({"meta": {"status": "Declined"}})
        self.ask(set_status_for_a_case, 200, case, body=status)
        read = self.ask(retrieve_case, 200, case)["data"]
        expect("case: status", read["attributes"]["status"], "Declined")
        [related] = read["relationships"]["verifications"]["data"]
        expect("case: verification", related["id"], verification)


def main() -> None:
    [sandbox] = sys.argv[1:]
    journey = Journey(sandbox)
    account = journey.account(f"usr_python{time.time_ns()}")
    inquiry = journey.inquiry(account)
    verification = journey.verification(inquiry)
    journey.case(inquiry, verification)
    read = journey.ask(retrieve_an_account, 200, account)["data"]
    expect("account: tags", read["attributes"]["tags"], ["walker"])
    print("a generated Python client: account, inquiry, verification, case")


main()
