"""The call that gives a child an arm."""
def test_x(client_for, activate):
    activate("freireich-1963")
    api = client_for("randomization")
    api.study = "freireich-1963"
    r = api.post("/sites", role="admin", json=dict(site='S01',name='Hosp',country='US',time_zone='America/New_York'))
    assert r.status_code == 201, r.text
