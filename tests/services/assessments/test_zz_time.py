import time, statistics
from tests.services.assessments.conftest import trial
from tests.services.assessments.support import COUNTS
def test_t(trial, capsys):
    trial.enrol()
    r=[];rd=[];c=[];l=[]
    for i in range(1,60):
        t=time.perf_counter(); m=trial.counts(repeat=i); r.append(time.perf_counter()-t)
        t=time.perf_counter(); trial.read(m); rd.append(time.perf_counter()-t)
        t=time.perf_counter(); trial.correct(m,{"neutrophils":"9"}); c.append(time.perf_counter()-t)
        t=time.perf_counter(); trial.api.get("/subjects/S01-001/assessments",params={"limit":200}); l.append(time.perf_counter()-t)
    with capsys.disabled():
        for n,x in (("record",r),("read",rd),("correct",c),("list",l)): print(n, round(statistics.median(x)*1000,1), round(max(x)*1000,1))
    with trial.database.admin() as a, capsys.disabled():
        a.execute("select set_config('app.actor','x',false),set_config('app.role','x',false),set_config('app.request','x',false),set_config('app.study','NCT05748171',false),set_config('app.sites','*',false),set_config('app.reason','rrr',false)")
        rid=a.execute("select record_id from assessments.record limit 1").fetchone()[0]
        for row in a.execute("""explain (analyze, costs off) insert into assessments.record_version values (%s,99,'NCT05748171','S01','S01-001',null,9999,now(),'a','b','c','1')""",(rid,)): print(row[0])
        for row in a.execute("""explain (analyze, costs off) insert into assessments.item_version select %s, x, 99,'NCT05748171','S01','S01-001','v' from unnest(array['a','b','c','d']) x""",(rid,)): print(row[0])
