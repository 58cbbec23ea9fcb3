"""The description: valid OpenAPI 3.1, and of the very routes that are served."""

from __future__ import annotations

from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from rest.routes import ROUTES
from tests.world import World


async def test_the_description_is_valid_and_is_of_the_routes_that_are_served(world: World) -> None:
    answer = await world.stranger.rest("GET", "/openapi.json")
    document = await answer.json()
    assert (answer.status, document["openapi"]) == (200, "3.1.0")
    validate(document, cls=OpenAPIV31SpecValidator)
    described = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
    app = world.client.app
    assert app is not None
    served = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "*" and (route.resource.canonical + "/").startswith(("/api/", "/health/"))
    }
    assert described == served == {(route.method, route.path) for route in ROUTES}


async def test_it_says_for_each_route_whether_a_token_is_needed_and_what_it_takes(world: World) -> None:
    paths = (await (await world.stranger.rest("GET", "/openapi.json")).json())["paths"]
    for route in ROUTES:
        operation = paths[route.path][route.method.lower()]
        assert operation.get("security", []) == ([] if route.open else [{"bearer": []}])
        assert ("requestBody" in operation) is (route.takes is not None and route.method != "GET")
        assert [p["name"] for p in operation["parameters"] if p["in"] == "path"] == (["id"] if "{id}" in route.path else [])
    filtering = [p["name"] for p in paths["/api/address-book/filter"]["get"]["parameters"]]
    assert filtering == ["name", "email", "phone", "age", "gender", "cursor", "page_size", "page_num", "sort_by", "sort_order"]


async def test_every_operation_has_a_name_of_its_own(world: World) -> None:
    paths = (await (await world.stranger.rest("GET", "/openapi.json")).json())["paths"]
    names = [operation["operationId"] for operations in paths.values() for operation in operations.values()]
    assert len(names) == len(set(names))


async def test_login_takes_its_key_as_it_is_documented(world: World) -> None:
    document = await (await world.stranger.rest("GET", "/openapi.json")).json()
    assert set(document["components"]["schemas"]["Login"]["required"]) == {"username_or_email", "password", "tenant_id"}
