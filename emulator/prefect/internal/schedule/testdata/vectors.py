"""What Prefect's own server makes of schedules, for vectors_test.go. Run it with a Python that has Prefect in it:

    python vectors.py >vectors.jsonl

A line is [schedule, refusal] or [schedule, start, end or null, times]. A refusal is the text against a schedule that the
server does not take. The times are those that the scheduler would get, in its order: the first one in full, and for each
other one the seconds from the one before it. Where the server fails to compute them, the name of the exception is last.
"""
import datetime
import itertools
import json
import random
import sys
import warnings

warnings.simplefilter("ignore")

from pydantic import ValidationError  # noqa: E402

from prefect._internal.schemas.validators import normalize_rrule_string  # noqa: E402
from prefect.server.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule  # noqa: E402

N = 8
UTC = datetime.timezone.utc
ORIGIN = "2026-03-01T10:00:00Z"
# A zone, and moments at which its clocks change.
CHANGES = [
    ("Europe/Berlin", "2026-03-29T01:00:00Z"), ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/New_York", "2026-03-08T07:00:00Z"), ("America/New_York", "2026-11-01T06:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"), ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("America/Sao_Paulo", "2018-02-18T02:00:00Z"), ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"), ("UTC", "2026-03-29T01:00:00Z"),
]
OFFSETS = [-90000, -7200, -3600, -1800, -1, 0, 0.5, 900, 1800, 3599.25, 3600, 5400, 7200, 10800]
CRONS = [
    "0 * * * *", "*/15 * * * *", "30 1 * * *", "30 2 * * *", "0 0 * * *", "15 0 * * *", "0 1 * * *", "0 2 * * *", "0 3 * * *",
    "15,45 0-3 * * *", "0 22-2 * * *", "0 */6 * * *", "30 2 * * SUN", "45 1 l * *", "* * * * * */40", "0 0,2 * * 0 10",
    "45 2,3 * * *", "0 9 * * mon-fri", "@daily", "@hourly", "7 23 * * *",
]
INTERVALS = [900, 1800, 3600, 5400, 21600, 43200, 86400, 90000, 129600, 172800, 604800, 691200.5, 7.25]
RULES = [
    "FREQ=HOURLY", "FREQ=MINUTELY;INTERVAL=30", "FREQ=MINUTELY;INTERVAL=45;BYHOUR=0,1,2,3", "FREQ=DAILY",
    "DTSTART:20110101T013000\nRRULE:FREQ=DAILY", "DTSTART:20110101T023000\nRRULE:FREQ=DAILY",
    "DTSTART:20110101T001500\nRRULE:FREQ=DAILY;INTERVAL=2", "DTSTART:20110102T020000\nRRULE:FREQ=WEEKLY",
    "FREQ=HOURLY;INTERVAL=6", "FREQ=DAILY;BYHOUR=0,1,2,3;BYMINUTE=0,30", "FREQ=SECONDLY;INTERVAL=1200",
    "DTSTART:20110101T030000Z\nRRULE:FREQ=DAILY;BYHOUR=2,3", "DTSTART;TZID=Asia/Tokyo:20110101T023000\nRRULE:FREQ=DAILY",
    "DTSTART:20110101T000000\nRRULE:FREQ=HOURLY;INTERVAL=2\nEXRULE:FREQ=DAILY;BYHOUR=2\nRRULE:FREQ=DAILY;BYHOUR=3;BYMINUTE=20",
]


def parse(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def show(moment):
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds").rstrip("0").rstrip(".")
    return text + "Z"


def make(given):
    kind = IntervalSchedule if "interval" in given else CronSchedule if "cron" in given else RRuleSchedule
    return kind.model_validate(given)


def emit(*line):
    print(json.dumps(line, separators=(",", ":")))


def vector(given, start=ORIGIN, end=None):
    try:
        schedule = make(given)
    except ValidationError as problem:
        emit(given, "; ".join(error["msg"] for error in problem.errors()))
        return
    except Exception as problem:
        emit(given, type(problem).__name__)
        return
    if "rrule" in given:  # what the server does before it keeps one
        anchored = normalize_rrule_string(given["rrule"], now=parse(start), timezone=schedule.timezone)
        schedule = RRuleSchedule.model_construct(rrule=anchored, timezone=schedule.timezone)
    dates, failure = [], []
    try:
        for date in schedule._get_dates_generator(n=N, start=parse(start), end=end and parse(end)):
            dates.append(date.astimezone(UTC))
    except Exception as problem:
        failure = [type(problem).__name__]
    steps = [f"{(b - a).total_seconds():+.6f}".rstrip("0").rstrip(".") for a, b in itertools.pairwise(dates)]
    emit(given, start, end, " ".join([show(date) for date in dates[:1]] + steps + failure))


def changes():
    """Schedules over changes of the clocks: of all that could be asked, a part that is the same in every run."""
    pick = random.Random(391)
    for zone, change in CHANGES:
        at = parse(change)
        anchors = [show(at + datetime.timedelta(seconds=s)) for s in (-86400 * 400 + 1800, -86400 * 3 + 900, -86400, -3600, 600, 86400 * 9)]
        anchors += ["2010-01-31T02:30:00+01:00", "2009-11-01T01:30:00"]
        schedules = [{"cron": cron} for cron in CRONS]
        schedules += [{"interval": i, "anchor_date": a} for i in INTERVALS for a in pick.sample(anchors, 3)]
        schedules += [{"rrule": rule} for rule in RULES]
        for given in schedules:
            start = at + datetime.timedelta(seconds=pick.choice(OFFSETS))
            end = show(start + datetime.timedelta(seconds=pick.choice([1800, 9000, 100000]))) if pick.random() < 0.25 else None
            vector({**given, "timezone": zone}, show(start), end)


def crons():
    day_or = [
        "0 9 13 * 5", "0 9 13 * fri", "0 0 1,15 * mon", "0 0 l * sun", "0 0 13 * 5#2", "0 0 */10 * 1-3", "0 0 1-31 * 1",
        "0 0 1 * 0-6", "0 0 ? * 5", "0 0 5 * ?", "30 6 31 * 2",
    ]
    for cron in day_or:
        for flag in (True, False):
            vector({"cron": cron, "day_or": flag})
    for cron in CRON_FORMS.splitlines():
        vector({"cron": cron})


CRON_FORMS = """\
* * * * *
0 22-2 * * *
0 22-2/2 * * *
0 20-4/3 * * *
50-10/15 * * * *
0 0 * * FRI-MON
0 0 * * fri-mon/2
0 0 * * Sat-Sun
0 0 * * 5-7
0 0 * * 6-7
0 0 * * 7
0 0 * * 0-7
0 0 * * 1-7
0 0 * * 7-7
0 0 * * sun-sun
0 0 * * 1-1
0 0 * Nov-FEB *
0 0 1 oct-mar/2 *
0 0 1 JAN,jUl *
0 0 1 apr-jan/3 *
0 0 * * L5
0 0 * * l0
0 0 * * l7
0 0 * * L1,L5
0 0 * * L8
0 0 * * 5L
0 0 * * L
0 0 15W * *
0 0 W * *
0 0 LW * *
0 0 L * *
0 0 l-2 * *
0 0 15,L * *
0 0 L,15 * *
0 0 10-L * *
0 0 28-l/2 * *
0 0 31 * *
0 0 30,31 * *
0 0 1,31 * *
0 0 2,29 2 *
0 0 29 2 *
0 0 30 2 *
0 0 31 4,6 *
0 0 0 * *
0 0 0-3 * *
0 0 32 * *
0 0 * 0 *
0 0 * 13 *
0 24 * * *
60 * * * *
61 * * * *
-1 * * * *
0 0 * * 8
0 0 * * -1
0 0 * * 2#1
0 0 * * 2#3
0 0 * * TUE#3
0 0 * * 2#6
0 0 * * 2#0
0 0 * * 5#5
0 0 * * mon-wed#2
0 0 * * 1-3#2
0 0 * * mon#1,fri#3
0 0 * * 1#1,3
0 0 * * 1,3#2
0 0 * * 0#1,1#1,2#1,3#1,4#1,5#1,6#1
0 0 * * *,2#2
0 0 * * *#2
0 0 * * 7#2
0 0 * * jan#2
5/15 * * * *
59/5 * * * *
5-5 * * * *
5-5/20 * * * *
*/7 * * * *
*/0 * * * *
1-10/0 * * * *
*/61 * * * *
*/ * * * *
/5 * * * *
*-5 * * * *
1- * * * *
1-2-3 * * * *
1,,2 * * * *
,1 * * * *
1.5 * * * *
01 02 03 04 *
0 0 ? * *
0 0 ? * ?
? 0 * * *
0 0 ?,1 * *
0 0 * ? *
0 0 *,5 * *
*,5 3 * * *
0-59 0-23 1-31 1-12 0-6
0 0 1-30,l * *
0 9 * * MON-FRI
0 9 * * Monday
0 9 * foo *
@yearly
@annually
@Monthly
@WEEKLY
@daily
@midnight
@hourly
@reboot
@every_minute
 @daily
  0   9  * * *
0 9 * *
0 9 * * * * * *
* * * * * 30
* * * * * */25
* * * * * 60
0 0 * * 7 0
0 0 0 * * 0
0 0 * 0 * 0
0 0 * * 5-7 0
0 0 1 1 * 0 2027
0 0 1 1 * 0 2027-2029
0 0 1 1 * 0 2027/3
0 0 1 1 * 0 2020
0 0 1 1 * 0 1969
0 0 1 1 * 0 2100
0 0 1 1 * 0 */4
0 0 29 2 * 0 2027,2028,2032
0 0 * * 0 30 2026
R * * * *
r 0 * * *
H * * * *
0 H * * *
H/5 * * * *
h(0-5) * * * *
R(5-3) * * * *
R(1-1) * * * *
R/0 * * * *
r(0-0)/5 * * * *
R R * * *
0 R(0-5),3 * * *
0 0 r * *
0 0 * * R
0 0 */40 * *
0 0 31 2 1
0 0 15-10 * *
0 0 15-10/4 * *
0 23-1 * * sun-tue
0 12 31 12 *
0 0 1 1 1
"""


def intervals():
    for interval in [
        60, 0.5, 1e-6, 1e-7, 0, -60, "60", "PT1H", "P1D", "P1DT1H", "P1W", "P1M", "P1Y", "P1Y2M3DT4H5M6.7S", "PT0.5S", "-PT1H", "+PT1H",
        "-P1D", "PT0S", "P", "PT", "P1", "1 day", "1 day, 01:00:00", "1d", "2 days 03:04:05", "-1 day, 02:00:00", "01:30", "01:30:00",
        "00:00:01.5", "-01:30", "1:30", "24:00:00", "01:60", "01:30:60", "3600", "1 02:00:00", "bad", "", " PT1H", "pt1h", "PT1.5H", "P1.5D",
        "P1DT", "PT1H30M", "PT30M1H", "PT90M", "P400D", "P1000000000D", None, True, [], {}, 1e300, 86399999999999, 86400000000000, "1e3",
    ]:
        vector({"interval": interval, "anchor_date": "2026-01-01T00:00:00Z"})
    for anchor in [
        "2026-01-31T02:30:00+01:00", "2026-01-31T02:30:00-04:00", "2026-01-31", "2026-01-31T02:30", "20260131T023000Z", "2026-01-31 02:30:00",
        "2026-01-31T02:30:00.123456Z", "2026-01-31T02:30:00+0530", "2027-01-31T00:00:00Z", "0001-01-01T09:00:00Z", "x", None, 1767225600, 5.5,
        "9999-12-31T09:00:00Z", "2026-W05-6", "2026-031",
    ]:
        for zone in (None, "America/New_York"):
            vector({"interval": 86400, "anchor_date": anchor, "timezone": zone})
    for zone in ["", "Nowhere/Land", "europe/berlin", "GMT", "Etc/GMT+5", "EST5EDT", "posix/Europe/Berlin", "+01:00", "UTC+1", "Local", 5]:
        vector({"interval": 3600, "anchor_date": "2026-01-01T00:00:00Z", "timezone": zone})
        vector({"cron": "0 0 * * *", "timezone": zone})
    vector({"cron": "0 0 * * *", "timezone": None})


def rules():
    for rule in RULE_FORMS.split("\n\n"):
        vector({"rrule": rule.strip("\n")})
    vector({"rrule": "RDATE:" + ",".join(["20260401T000000"] * 405)})
    vector({"rrule": "RDATE:" + ",".join(["20260401T000000"] * 406)})
    vector({"rrule": ""})
    vector({"rrule": " \n "})
    vector({"rrule": None})
    vector({"rrule": 5})


RULE_FORMS = """\
FREQ=DAILY;COUNT=0

FREQ=DAILY;COUNT=-1

DTSTART:20260301T000000
RRULE:FREQ=DAILY;COUNT=0

DTSTART:20260301T000000
RRULE:FREQ=DAILY;COUNT=3

DTSTART:20260301T000000
RRULE:FREQ=DAILY;COUNT=3;UNTIL=20260302T120000

FREQ=DAILY;UNTIL=20260304T000000

FREQ=DAILY;UNTIL=20260304

FREQ=DAILY;UNTIL=20260304T000000Z

FREQ=DAILY;UNTIL=2026-03-04

FREQ=DAILY;UNTIL=bad

DTSTART:20260301T000000Z
RRULE:FREQ=DAILY;UNTIL=20260304T000000Z

DTSTART:20260301T000000Z
RRULE:FREQ=DAILY;UNTIL=20260304T000000

DTSTART:20260301T000000
RRULE:FREQ=DAILY;UNTIL=20260304T000000Z

DTSTART;TZID=America/New_York:20260301T090000
RRULE:FREQ=DAILY;UNTIL=20260304T000000Z

DTSTART;TZID=Nowhere/Land:20260301T090000
RRULE:FREQ=DAILY

DTSTART;VALUE=DATE:20260301
RRULE:FREQ=DAILY

DTSTART;VALUE=DATE-TIME:20260301T080000
RRULE:FREQ=DAILY

DTSTART;VALUE=TEXT:20260301T080000
RRULE:FREQ=DAILY

DTSTART:20260301T000000,20260302T000000
RRULE:FREQ=DAILY

DTSTART:yesterday
RRULE:FREQ=DAILY

DTSTART:2026-03-01T08:30:00
RRULE:FREQ=DAILY

DTSTART:20260301T0830
RRULE:FREQ=DAILY

DTSTART:20260301T083015.5
RRULE:FREQ=DAILY

RRULE:FREQ=DAILY
DTSTART:20260305T100000

rrule:freq=weekly;byday=mo,we

freq=daily

FREQ=NEVER

FREQ=

FREQ

COUNT=3

RRULE:COUNT=3

x

FREQ=DAILY;

FREQ=DAILY;;COUNT=1

FREQ=DAILY;INTERVAL=x

FREQ=DAILY;INTERVAL=1.5

FREQ=DAILY;NOPE=1

FREQ=DAILY;COUNT=

FREQ=DAILY;COUNT=1=2

FREQ=DAILY=2

EXRULE:FREQ=DAILY

RRULE;X=1:FREQ=DAILY
RDATE:20260401T000000

FREQ=DAILY
NAME:x

RRULE:RRULE:FREQ=DAILY

XRULE:FREQ=DAILY

DTSTART:20260301T000000

RDATE:20260305T120000,20260303T120000

RDATE:20260305T120000Z

RDATE:20260305,20260306T01

RDATE;VALUE=DATE-TIME:20260305T120000

RDATE;VALUE=DATE:20260305

RDATE:bad

RDATE:

EXDATE:20260305T120000

FREQ=DAILY
EXDATE:20260303T000000,20260304T000000

FREQ=DAILY
EXDATE;TZID=America/New_York:20260303T000000

FREQ=DAILY
EXDATE:20260303T000000Z

FREQ=DAILY
EXDATE:bad

DTSTART:20260301T000000
RRULE:FREQ=DAILY;UNTIL=20260305T000000
EXDATE:20260303T000000
RDATE:20260310T120000

DTSTART:20260301T000000
RRULE:FREQ=HOURLY;INTERVAL=6
RRULE:FREQ=DAILY;BYHOUR=3
EXRULE:FREQ=DAILY;BYHOUR=12

DTSTART:20260301T000000
RRULE:FREQ=DAILY;COUNT=2
RRULE:FREQ=DAILY;COUNT=0
EXRULE:FREQ=DAILY;COUNT=0

FREQ=MONTHLY;BYDAY=-1FR

FREQ=MONTHLY;BYDAY=2TU,4TU

FREQ=MONTHLY;BYDAY=MO(+1)

FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1

FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1,5

FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0

FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367

FREQ=MONTHLY;BYDAY=XX

FREQ=MONTHLY;BYDAY=

FREQ=MONTHLY;BYDAY=MO,

FREQ=MONTHLY;BYDAY=0MO

FREQ=MONTHLY;BYDAY=6MO

FREQ=WEEKLY;BYDAY=2MO

FREQ=YEARLY;BYDAY=20MO

FREQ=YEARLY;BYDAY=-1MO;BYMONTH=5,10

FREQ=MONTHLY;BYMONTHDAY=31

FREQ=MONTHLY;BYMONTHDAY=-1,15

FREQ=MONTHLY;BYMONTHDAY=0

FREQ=MONTHLY;BYMONTHDAY=0,5

FREQ=MONTHLY;BYMONTHDAY=32,5

FREQ=DAILY;BYMONTHDAY=13;BYDAY=FR

FREQ=YEARLY

DTSTART:20240229T120000
RRULE:FREQ=YEARLY

DTSTART:20240131T120000
RRULE:FREQ=MONTHLY

FREQ=YEARLY;BYYEARDAY=1,100,-1

FREQ=YEARLY;BYYEARDAY=0

FREQ=YEARLY;BYYEARDAY=366

FREQ=YEARLY;BYWEEKNO=1,20,53

FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO

FREQ=YEARLY;BYWEEKNO=-1;WKST=SU

FREQ=YEARLY;BYEASTER=0,-2

FREQ=YEARLY;BYMONTH=13,4

FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU

FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=TU,SU

FREQ=WEEKLY;WKST=XX

FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH;BYHOUR=9,17;BYMINUTE=15

FREQ=DAILY;BYHOUR=25

FREQ=DAILY;BYHOUR=-1

FREQ=DAILY;BYMINUTE=60

FREQ=DAILY;BYSECOND=60

FREQ=DAILY;BYHOUR=8,20;BYSETPOS=2

FREQ=HOURLY;BYHOUR=9,17

FREQ=HOURLY;BYMINUTE=0,20;BYSECOND=5

FREQ=HOURLY;INTERVAL=24;BYHOUR=7

FREQ=HOURLY;INTERVAL=5;BYDAY=MO

FREQ=MINUTELY;INTERVAL=60;BYMINUTE=7

FREQ=MINUTELY;INTERVAL=90;BYHOUR=7

FREQ=MINUTELY;INTERVAL=7

FREQ=MINUTELY;BYSECOND=1,2;BYSETPOS=2

DTSTART:20260228T000000
RRULE:FREQ=SECONDLY;INTERVAL=7

DTSTART:20260228T000000
RRULE:FREQ=SECONDLY;BYSECOND=5,50

DTSTART:20260301T000000
RRULE:FREQ=DAILY;INTERVAL=3;BYMONTH=4,5

FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=10,20

FREQ=YEARLY;INTERVAL=2;BYMONTH=2,11;BYMONTHDAY=-1

FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13

FREQ=YEARLY;BYMONTH=11;BYDAY=1TH;BYHOUR=9;BYMINUTE=30
"""

if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    changes()
    crons()
    intervals()
    rules()
