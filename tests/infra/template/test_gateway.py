"""Who gets through the gateway, and where goes what a schedule could not start."""

from tests.infra.template.templates import ROOT, documents, functions

API = documents()[ROOT]["Resources"]["Api"]["Properties"]


def test_a_token_is_asked_for_its_issuer_and_its_audience() -> None:
    (authorizer,) = API["Auth"]["Authorizers"].values()
    asked = authorizer["JwtConfiguration"]
    assert asked == {"issuer": {"Ref": "Issuer"}, "audience": [{"Ref": "Audience"}]}
    assert API["Auth"]["DefaultAuthorizer"] in API["Auth"]["Authorizers"]


def test_a_schedule_names_its_dead_letters_by_an_arn_and_nothing_else() -> None:
    """With a type beside it SAM refuses the deployment, which no linter of templates tells."""
    named = [
        event["Properties"]["DeadLetterConfig"]
        for properties in functions().values()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "ScheduleV2"
    ]
    assert len(named) > 5
    assert all(config.keys() == {"Arn"} for config in named)
