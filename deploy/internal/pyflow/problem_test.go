package pyflow_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/deploy/internal/pyflow"
)

const hintAssigned = "write it as NAME = flow(FUNCTION, ...), flow(...)(FUNCTION) or FLOW.with_options(...), with a function of this file; or decorate the function with @flow"

const hintSchema = "give a JSON schema of the parameters"

// Every one of these is a parameter that only running the file would settle.
func TestSchemaProblems(t *testing.T) {
	for _, test := range []struct{ name, before, parameter, want string }{
		{"computed default", "from datetime import datetime\n", "a=datetime.now()", "line 4, column 9: a call of datetime.now is not a literal"},
		{"sum of times", "from datetime import timedelta\n", "a=timedelta(days=1) + timedelta(hours=2)", "line 4, column 9: this expression is not a literal"},
		{"sum of a date and a time", "from datetime import date, timedelta\nSTART = date(2024, 1, 31)\n", "a: date = START + timedelta(days=30)", "line 5, column 17: this expression is not a literal"},
		{"sum of decimals", "from decimal import Decimal\n", "a: Decimal = Decimal('1.5') + Decimal('2')", "line 4, column 20: this expression is not a literal"},
		{"conditional default", "", "a=1 if True else 2", "line 3, column 9: an expression is not a literal"},
		{"lambda", "", "a=lambda x: x", "line 3, column 9: a lambda is not a literal"},
		{"f-string", "x = 1\n", "a=f'{x}'", "line 4, column 9: an f-string with a placeholder is not a literal"},
		{"complex", "", "a=2j", "line 3, column 9: a complex number is not a literal"},
		{"infinity", "", "a=1e999", "line 3, column 9: infinity has no JSON"},
		{"comprehension", "", "a=[x for x in y]", "line 3, column 10: an expression is not a literal"},
		{"dict comprehension", "", "a={x: y for x, y in z}", "line 3, column 9: a comprehension is not a literal"},
		{"set", "", "a={1, 2}", "line 3, column 9: the order of a set is not known without running the file"},
		{"spread", "", "a=[*b]", "line 3, column 10: this expression is not a literal"},
		{"bytes", "", `a=b"\xff"`, "line 3, column 9: these bytes are not UTF-8"},
		{"environment", "import os\nX = os.environ['X']\n", "a=X", "line 3, column 5: os.environ[...] is not a literal"},
		{"bound twice", "X = 1\nif True:\n    X = 2\n", "a=X", `line 6, column 9: "X" is bound 2 times in this file`},
		{"bound by a loop", "for X in (1, 2): pass\n", "a=X", `line 4, column 9: "X" is not known without running the file`},
		{"bound by a chain", "X = Y = 1\n", "a=Y", `line 4, column 9: "Y" is not known without running the file`},
		{"bound by with", "with open('x') as (X, Y): pass\n", "a=Y", `line 4, column 9: "Y" is not known without running the file`},
		{"bound by match", "match 1:\n    case X: pass\n", "a=X", `line 5, column 9: "X" is not known without running the file`},
		{"bound by a walrus", "print(X := 1)\n", "a=X", `line 4, column 9: "X" is not known without running the file`},
		{"changed", "X = 1\nX += 1\n", "a=X", `line 5, column 9: "X" is bound 2 times in this file`},
		{"deleted", "X = 1\ndel X\n", "a=X", `line 5, column 9: "X" is bound 2 times in this file`},
		{"of itself", "X = X\n", "a=X", "line 2, column 5: X leads too deep, or back to itself"},
		{"doubling", doubling(), "a: T40 = 1", "line 5, column 11: the types and the defaults of the parameters are too large"},

		{"unknown name", "", "a: Config", `line 3, column 10: nothing in this file is called "Config"`},
		{"star import", "from lib import *\n", "a: Config", `line 4, column 10: "Config" may come from "from lib import *"`},
		{"type of another file", "from .models import Config\n", "a: Config", "line 4, column 10: the type .models.Config is not known here"},
		{"generic of another file", "import pandas as pd\n", "a: pd.Series[int]", "line 4, column 10: the type pd.Series is not known here"},
		{"for type checkers", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lib import X\n", "a: X", `line 6, column 10: "X" is there only for type checkers`},
		{"two meanings", "try:\n    from a import X\nexcept ImportError:\n    from b import X\n", "a: X", `line 7, column 10: "X" is bound 2 times in this file`},
		{"a call as a type", "", "a: int()", "line 3, column 10: a call of int is not a type that can be read"},
		{"quoted nonsense", "", "a: 'in t'", `line 3, column 10: "in t" is not a type`},
		{"derived class", "from lib import Base\nclass C(Base): pass\n", "a: C", "line 3, column 9: the class C derives from Base, which is not known here"},
		{"decorated class", "from lib import d\n@d\nclass C: pass\n", "a: C", "line 3, column 2: the decorator of the class C may change it"},
		{"metaclass", "class C(metaclass=type): pass\n", "a: C", "line 2, column 7: the class C has type parameters or a metaclass"},
		{"own schema", "class C:\n    def __get_pydantic_core_schema__(cls, a, b): ...\n", "a: C", "line 3, column 9: the class C changes its schema with __get_pydantic_core_schema__"},
		{"computed enum", "from enum import Enum\nclass E(Enum):\n    A = object()\n", "a: E", "line 4, column 9: a call of object is not a literal"},
		{"computed field", "from pydantic import BaseModel\nclass M(BaseModel):\n    a: int = f()\n", "a: M", "line 4, column 14: a call of f is not a literal"},
		{"shadowed type", "import datetime\nfrom datetime import date\nfrom pydantic import BaseModel\nclass M(BaseModel):\n    date: date = None\n", "a: M", `line 6, column 11: "date" is also bound in the class M`},
		{"class in itself", "class C(C): pass\n", "a: C", "line 2, column 7: the class C derives from itself"},
		{"object of a model that checks", "from pydantic import BaseModel, model_validator\nclass M(BaseModel):\n    a: int = 1\n    @model_validator(mode='after')\n    def check(self): ...\n", "a: M = M()", "line 8, column 14: check of the class M may change a call of M"},
		{"object of a dataclass that computes", "from dataclasses import dataclass\n@dataclass\nclass D:\n    a: int = 1\n    def __post_init__(self): ...\n", "a: D = D()", "line 8, column 14: __post_init__ of the class D may change a call of D"},
		{"object with another type", "from pydantic import BaseModel\nclass M(BaseModel):\n    a: int = 1\n", "a: M = M(a='1')", "line 6, column 18: pydantic may make something else of this value"},
		{"object with another field", "from pydantic import BaseModel\nclass M(BaseModel):\n    a: int = 1\n", "a: M = M(b=1)", `line 6, column 18: the class M has no field "b"`},
		{"object without a field", "from pydantic import BaseModel\nclass M(BaseModel):\n    a: int\n", "a: M = M()", `line 6, column 14: a call of M leaves out the field "a"`},
		{"object with a factory", "from pydantic import BaseModel, Field\nclass M(BaseModel):\n    a: int = Field(default_factory=f)\n", "a: M = M()", `line 6, column 14: a call of M leaves the field "a" to code or to nothing`},
		{"bound by a function", "X = 1\ndef g():\n    global X\n    X = 2\n", "a=X", `line 7, column 9: "X" is bound 2 times in this file`},
		{"quoted name that Prefect has", "import typing\n", "a: list['typing.Any']", `line 4, column 15: "typing" in quotes means something else to Prefect than in this file`},
		{"Field", "from pydantic import Field\nfrom typing import Annotated\n", "a: Annotated[int, Field(discriminator='x')]", `line 5, column 31: "discriminator" of Field is not read`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := schemaOf(t, test.before, test.parameter)
			var problem *pyflow.Problem
			if !errors.As(err, &problem) {
				t.Fatalf("got %v, want %s", err, test.want)
			}
			if problem.Error() != test.want || problem.Hint() != hintSchema || !problem.NeedsSchema {
				t.Errorf("got  %s (%s)\nwant %s", problem, problem.Hint(), test.want)
			}
		})
	}
}

// doubling is a tower of types that doubles its size on each floor.
func doubling() string {
	var b strings.Builder
	b.WriteString("T0 = int\n")
	for i := range 40 {
		fmt.Fprintf(&b, "T%d = dict[T%d, T%d]\n", i+1, i, i)
	}
	return b.String()
}

// schemaOf reads a flow with one parameter. The decorator is on line 1, what comes before on line 2.
func schemaOf(t *testing.T, before, parameter string) (map[string]any, error) {
	t.Helper()
	flow, err := pyflow.Read([]byte("from prefect import flow\n"+before+"@flow\ndef f("+parameter+"): ...\n"), "f")
	if err != nil {
		t.Fatal(err)
	}
	return flow.Schema(pyflow.Prefect3)
}

func TestSchemaReportsEveryParameter(t *testing.T) {
	_, err := schemaOf(t, "", "a: X, b: int, c=g()")
	want := "line 3, column 10: nothing in this file is called \"X\"\nline 3, column 23: nothing in this file is called \"g\""
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestReadProblems(t *testing.T) {
	const head = "from prefect import flow\n"
	for _, test := range []struct{ name, source, want, hint string }{
		{"no function", head + "@flow\ndef g(): ...\n", `the file has no function "f"`, "its flows are: g"},
		{"no flow at all", "x = 1\n", `the file has no function "f"`, "decorate a function of the file with @flow of Prefect"},
		{"no decorator", head + "def f(): ...\n@flow\ndef g(): ...\n", "line 2, column 5: the function f is not a flow", "decorate it with @flow"},
		{"a task", "from prefect import task\n@task\ndef f(): ...\n", "line 3, column 5: the function f is not a flow", "decorate it with @flow"},
		{"someone else's flow", "from lib import flow\n@flow\ndef f(): ...\n", "line 3, column 5: the function f is not a flow", "decorate it with @flow"},
		{"assigned from elsewhere", head + "from lib import g\nf = flow(g)\n", `line 3, column 1: "f" is not a flow that can be read`, hintAssigned},
		{"assigned a decorator", head + "def g(): ...\nf = flow(name='x')\n", `line 3, column 1: "f" is not a flow that can be read`, hintAssigned},
		{"assigned a task", "from prefect import task\ndef g(): ...\nf = task(g)\n", `line 3, column 1: "f" is not a flow that can be read`, hintAssigned},
		{"assigned a decorated function", head + "@other\ndef g(): ...\nf = flow(g)\n", "line 2, column 2: the function g has decorators, which may change its parameters", ""},
		{"assigned a computed name", head + "def g(): ...\nf = flow(g, name=h())\n", `line 3, column 18: "name" of the flow is not a literal`, "write it as a literal: the file is read, never run"},
		{"options of a function", head + "def g(): ...\nf = g.with_options(name='x')\n", "line 2, column 5: the function g is not a flow", "decorate it with @flow"},
		{"assigned itself", head + "f = g\ng = f\n", `line 2, column 1: "f" leads back to itself`, hintAssigned},
		{"assigned a text", head + "f = 'x'\n", `line 2, column 1: "f" is not a flow that can be read`, hintAssigned},
		{"imported", head + "from lib import f\n", `line 2, column 17: "f" is not a function`, "decorate a function of the file with @flow of Prefect"},
		{"twice", head + "@flow\ndef f(): ...\n@flow\ndef f(): ...\n", `line 5, column 5: "f" is bound 2 times in this file`, "give each function a name of its own"},
		{"two decorators", head + "@flow\n@other\ndef f(): ...\n", "line 2, column 2: the flow f has other decorators, which may change its parameters", ""},
		{"computed name", head + "@flow(name=g())\ndef f(): ...\n", `line 2, column 12: "name" of the flow is not a literal`, "write it as a literal: the file is read, never run"},
		{"spread options", head + "@flow(**o)\ndef f(): ...\n", "line 2, column 9: ** of the flow is not a literal", "write it as a literal: the file is read, never run"},
		{"unknown option", head + "@flow(nmae='x')\ndef f(): ...\n", `line 2, column 7: @flow has no option "nmae"`, ""},
		{"wrong type", head + "@flow(retries='x')\ndef f(): ...\n", `line 2, column 15: "retries" of the flow has the wrong type`, ""},
		{"banned name", head + "@flow(name='a/b')\ndef f(): ...\n", "line 3, column 5: Prefect refuses '/' in the name of a flow", "give the flow another name"},
		{"syntax", head + "@flow\ndef f(:): pass\n", `line 3, column 7: invalid syntax at ":"`, ""},
		{"no body", head + "@flow\ndef f():\n", "line 4, column 1: expected an indented block", ""},
		{"encoding", "# coding: utf-16\n", `cannot read the encoding "utf-16"`, "save the file as UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := pyflow.Read([]byte(test.source), "f")
			var problem *pyflow.Problem
			if !errors.As(err, &problem) || problem.Error() != test.want || problem.Hint() != test.hint {
				t.Errorf("got  %v (%q)\nwant %s (%q)", err, problem.Hint(), test.want, test.hint)
			}
		})
	}
}

func TestFunctions(t *testing.T) {
	const source = `
import prefect as p
from prefect import flow as f, task
@p.flow
def b(): ...
@task
def c(): ...
if True:
    @f(name="x")
    async def a(): ...
def d(): ...
e = f(d)
g = f(name="y")
h = a.with_options(name="z")
`
	got, err := pyflow.Functions([]byte(source))
	if want := []string{"b", "a", "e", "h"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
}
