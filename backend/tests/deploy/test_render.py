"""render.yaml: the requirements of Render's blueprint reference."""

from ipaddress import ip_network

from tests.deploy.files import TOP, read_yaml

(SERVICE,) = read_yaml("render.yaml")["services"]
VARIABLES = {variable["key"]: variable for variable in SERVICE["envVars"]}


def test_the_service_is_a_web_service_from_our_dockerfile() -> None:
    assert (SERVICE["type"], SERVICE["runtime"], SERVICE["healthCheckPath"]) == ("web", "docker", "/up")
    assert (TOP / SERVICE["dockerfilePath"]).is_file()
    assert (TOP / SERVICE["dockerContext"]).is_dir()
    known = {"type", "name", "runtime", "plan", "dockerfilePath", "dockerContext", "buildFilter", "healthCheckPath"}
    assert set(SERVICE) == known | {"maxShutdownDelaySeconds", "envVars"}


def test_each_variable_has_one_source() -> None:
    for variable in VARIABLES.values():
        (source,) = set(variable) - {"key"}
        assert variable[source] is {"sync": False, "generateValue": True}.get(source, variable[source])
        if source == "value":
            assert isinstance(variable["value"], str), f"{variable['key']} would be parsed as a number"


def test_the_file_contains_no_secret() -> None:
    for name in ("JWT_SECRET", "SETUP_CODE", "MONGODB_URI", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        assert "value" not in VARIABLES[name]


def test_the_trusted_proxies_are_networks() -> None:
    for network in VARIABLES["TRUSTED_PROXIES"]["value"].split(","):
        ip_network(network)
