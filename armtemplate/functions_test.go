package armtemplate

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
)

// functionCase is an expression and its result as JSON, or a part of its error after "!".
type functionCase struct{ expression, want string }

// functionCases have every function of the language, and the edges that the vectors leave out.
var functionCases = []functionCase{
	// arrays
	{`array('a')`, `["a"]`},
	{`array(createObject('a', 1))`, `[{"a":1}]`},
	{`concat('a', 1, true())`, `"a1True"`},
	{`concat(createArray(1), 'a')`, `!Either all or none of the parameters must be an array`},
	{`concat()`, `!function requires at least 1 argument(s) while 0 were provided`},
	{`contains(createArray('a'), 'A')`, `false`},
	{`contains(createObject('a', 1), 'A')`, `true`},
	{`contains(1, 'a')`, `!expects its first parameter to be an array, an object or a string`},
	{`distinct(createArray(1, 2, 1, '1', createObject('a', 1), createObject('a', 1)))`, `[1,2,"1",{"a":1}]`},
	{`empty(createObject())`, `true`},
	{`empty(1)`, `!expects its parameter to be an object, an array or a string`},
	{`first(createArray())`, `null`},
	{`first('')`, `""`},
	{`last(createArray())`, `null`},
	{`flatten(createArray(1))`, `!an array of arrays`},
	{`indexOf('aéb', 'B')`, `2`},
	{`lastIndexOf('abab', 'AB')`, `2`},
	{`indexFromEnd(createArray(1, 2, 3), 1)`, `3`},
	{`indexFromEnd(createArray(1), 2)`, `!out of bounds`},
	{`tryIndexFromEnd(createArray(1, 2, 3), 3)`, `1`},
	{`tryIndexFromEnd(createArray(1, 2, 3), 4)`, `null`},
	{`tryIndexFromEnd(null(), 1)`, `null`},
	{`intersection(createArray(3, 1, 2), createArray(1, 3), createArray(3, 1))`, `[3,1]`},
	{`union(createObject('a', createObject('b', 1)), createObject('A', createObject('c', 2)))`, `{"a":{"b":1,"c":2}}`},
	{`union(createArray(1), createObject())`, `!expects its second parameter to be an array`},
	{`length('😀')`, `2`},
	{`range(0, 10001)`, `!between '0' and '10000'`},
	{`range(2147483647, 2)`, `!at most '2147483647'`},
	{`skip(createArray(1), -1)`, `[1]`},
	{`take(createArray(1, 2), -1)`, `[]`},
	{`createArray(null(), 1)`, `[null,1]`},

	// objects
	{`createObject('b', 1, 'a', null())`, `{"b":1,"a":null}`},
	{`createObject('a', 1, 'A', 2)`, `!given more than once`},
	{`items(createObject('b', 1, 'a', 2))`, `[{"key":"a","value":2},{"key":"b","value":1}]`},
	{`objectKeys(createObject('b', 1, 'a', 2))`, `["a","b"]`},
	{`json('{''a'': 1, /* b */ "n": 12345678901234567, f: 1.50,}')`, `{"a":1,"n":12345678901234567,"f":1.50}`},
	{`json('{')`, `!cannot be parsed as JSON`},
	{`null()`, `null`},
	{`shallowMerge(createArray(createObject('a', createObject('b', 1)), createObject('a', createObject('c', 2))))`, `{"a":{"c":2}}`},
	{`tryGet(createObject('a', createArray(1)), 'A', 0)`, `1`},
	{`tryGet('text', 'a')`, `null`},

	// strings
	{`endsWith('abC', 'Bc')`, `true`},
	{`startsWith('', 'a')`, `false`},
	{`format('{0,5}|{0,-5}|{{{0:D4}}}', 42)`, `"   42|42   |{0042}"`},
	{`format('{0:X2} {0:N1} {0:0000}', 10)`, `"0A 10.0 0010"`},
	{`format('{0}', null())`, `""`},
	{`format('{0')`, `!the format is invalid`},
	{`join(createArray(), ',')`, `""`},
	{`like('abcDEF', 'A*c*')`, `true`},
	{`like('aXaYa', 'a*a*a*a')`, `false`},
	{`like('aba', 'ab*ba')`, `false`},
	{`like('', '***')`, `true`},
	{`like('abc', 'abc')`, `true`},
	{`like('abc', 'ab')`, `false`},
	{`like('a.c', 'a?c')`, `false`},
	{`like('ab', 1)`, `!expects its second parameter to be a string`},
	{`padLeft('12345', 3)`, `"12345"`},
	{`padLeft('1', 9999999999)`, `!longer than`},
	{`replace('aaa', 'a', '')`, `""`},
	{`replace('a', '', 'b')`, `!not to be empty`},
	{`split('a,b;c', createArray(',', ';'))`, `["a","b","c"]`},
	{`split('', ',')`, `[""]`},
	{`string(true())`, `"True"`},
	{`string(createArray('a', null()))`, `"[\"a\",null]"`},
	{`substring('abc', 1, 3)`, `!must refer to a location within the string`},
	{`substring('abc', 3)`, `""`},
	{`toLower('ÄB')`, `"äb"`},
	{`toUpper('äb')`, `"ÄB"`},
	{`trim(' a ')`, `"a"`},

	// encodings
	{`base64('ä')`, `"w6Q="`},
	{`base64ToString('w6Q=')`, `"ä"`},
	{`base64ToJson('eydhJzoxfQ==')`, `{"a":1}`},
	{`dataUri('a')`, `"data:text/plain;charset=utf-8;base64,YQ=="`},
	{`dataUriToString('data:;base64,YQ==')`, `"a"`},
	{`guid('a', 'b')`, `"` + guidOf("a-b") + `"`},
	{`uniqueString('a-b')`, `"` + uniqueOf("a", "b") + `"`},
	{`uri('http://a/b/c', '../d?x=1')`, `"http://a/d?x=1"`},
	{`uri('HTTPS://Store.Example:443', '')`, `"https://store.example/"`},
	{`uri('http://a:8080/B/', 'C')`, `"http://a:8080/B/C"`},
	{`uriComponent('a b/ü~')`, `"a%20b%2F%C3%BC~"`},
	{`uriComponentToString('a%20b%2')`, `"a b%2"`},
	{`parseUri('https://a:8080/b/c?d=e')`, `{"scheme":"https","host":"a","port":8080,"path":"/b/c","query":"?d=e"}`},
	{`buildUri(parseUri('https://a/b?d=e'))`, `"https://a/b?d=e"`},

	// logic and comparison
	{`and(false(), equals(first(createArray()).a, 1))`, `false`},
	{`or(true(), equals(first(createArray()).a, 1))`, `true`},
	{`and(1, true())`, `!expects its parameters to be booleans`},
	{`bool('TRUE')`, `true`},
	{`bool(2)`, `true`},
	{`coalesce(null(), null())`, `null`},
	{`coalesce('a', fail('never'))`, `"a"`},
	{`equals(1, '1')`, `false`},
	{`equals(createArray(1, createObject('a', 1, 'b', 2)), createArray(1, createObject('b', 2, 'a', 1)))`, `true`},
	{`if(false(), fail('never'), 'b')`, `"b"`},
	{`if('true', 1, 2)`, `!expects its first parameter to be a boolean`},
	{`not(false())`, `true`},
	{`greater('b', 'A')`, `true`},
	{`greaterOrEquals(2, 2)`, `true`},
	{`less('10', '9')`, `true`},
	{`less(1, 'a')`, `!two parameters of the same type`},
	{`lessOrEquals('a', 'B')`, `true`},
	{`true()`, `true`},
	{`fail('it is wrong')`, `!it is wrong`},

	// numbers
	{`add(9223372036854775807, 1)`, `!64-bit`},
	{`sub(2, 5)`, `-3`},
	{`mul(3037000500, 3037000500)`, `!64-bit`},
	{`div(-7, 2)`, `-3`},
	{`mod(-7, 2)`, `-1`},
	{`mod(1, 0)`, `!must not be zero`},
	{`int('-5')`, `-5`},
	{`float('1.5')`, `1.5`},
	{`max(createArray(1, 5, 3))`, `5`},
	{`min(2, -1)`, `-1`},
	{`min(createArray())`, `!at least one element`},

	// dates
	{`dateTimeAdd('2024-02-28T23:30:00Z', 'PT1H', 'yyyy/MM/dd HH:mm')`, `"2024/02/29 00:30"`},
	{`dateTimeAdd('20240228T000000Z', '-P1M2DT3S', 'o')`, `"2024-01-26T23:59:57.0000000Z"`},
	{`dateTimeAdd('2024-02-28T00:00:00.120Z', 'PT0S', 'ss.FFFF|ss.FF')`, `"00.12|00.12"`},
	{`dateTimeAdd('2024-02-28', 'PT0S', 'HH:mm:ss.FFFZ')`, `"00:00:00Z"`},
	{`dateTimeAdd('2024-02-28', 'PT0S', 'ffffffff')`, `!a format that is not valid`},
	{`dateTimeAdd('2024-02-08', 'PT0S', '%d')`, `"8"`},
	{`dateTimeAdd('2024-02-08', 'PT0S', 'yyyy-%M-%d')`, `"2024-2-8"`},
	{`dateTimeAdd('2024-02-08', 'PT0S', 'yyyy%')`, `!a format that is not valid`},
	{`dateTimeAdd('2024-02-28', 'P')`, `!a duration in ISO 8601`},
	{`dateTimeAdd('never', 'P1D')`, `!a date and time in ISO 8601`},
	{`dateTimeFromEpoch(0)`, `"1970-01-01T00:00:00Z"`},
	{`dateTimeToEpoch('1970-01-02T00:00:00+01:00')`, `82800`},

	// addresses
	{`parseCidr('192.168.1.7/31').firstUsable`, `"192.168.1.6"`},
	{`parseCidr('nope')`, `!CIDR notation`},
	{`cidrSubnet('10.0.0.0/16', 24, 256)`, `!the index of a subnet`},
	{`cidrHost('10.0.0.0/30', 2)`, `!the index of a host`},

	// lambdas
	{`filter(createArray(1, 2, 3), lambda('x', 'i', equals(lambdaVariables('i'), 1)))`, `[2]`},
	{`map(createArray(1, 2), lambda('x', add(lambdaVariables('X'), 1)))`, `[2,3]`},
	{`mapValues(createObject('a', 1), lambda('v', add(lambdaVariables('v'), 1)))`, `{"a":2}`},
	{`reduce(createArray('a', 'b'), '', lambda('c', 'n', 'i', concat(lambdaVariables('c'), lambdaVariables('n'), lambdaVariables('i'))))`, `"a0b1"`},
	{`sort(createArray(2, 1, 2, 0), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))`, `[0,1,2,2]`},
	{`toObject(createArray('a'), lambda('x', lambdaVariables('x')))`, `{"a":"a"}`},
	{`groupBy(createArray('a', 'b', 'A'), lambda('x', lambdaVariables('x')))`, `{"a":["a","A"],"b":["b"]}`},
	{`map(createArray(1), lambda('x', map(createArray(2), lambda('y', add(lambdaVariables('x'), lambdaVariables('y'))))))`, `[[3]]`},
	{`map(createArray(1), 'x')`, `!to be a lambda`},
	{`map(createArray(1), lambda('x', lambdaVariables('y')))`, `!lambda variable 'y' is not found`},
	{`lambda('x', 1)`, `!not expected at this location`},
	{`filter('a', lambda('x', true()))`, `!expects its first parameter to be an array`},

	// the template and where it goes
	{`parameters('P')`, `"value"`},
	{`variables('nope')`, `!The template variable 'nope' is not found`},
	{`variables('V')[1]`, `"b"`},
	{`copyIndex()`, `!can only be used in a resource with copy specified`},
	{`resourceGroup().id`, `"/subscriptions/s/resourceGroups/g"`},
	{`resourceGroup().tags.a`, `"b"`},
	{`resourceGroup().location`, `"[resourceGroup().location]"`},
	{`subscription().subscriptionId`, `"s"`},
	{`subscription().tenantId`, `"t"`},
	{`managementGroup()`, `!The template function 'MANAGEMENTGROUP' is not expected at this location`},
	{`tenant().tenantId`, `"t"`},
	{`deployment().name`, `"d"`},
	{`deployment().properties.template.contentVersion`, `"1.0.0.0"`},
	{`deployer().objectId`, `"o"`},
	{`environment().resourceManager`, `"https://management.azure.com/"`},
	{`resourceId('A.B/c', 'd')`, `"/subscriptions/s/resourceGroups/g/providers/A.B/c/d"`},
	{`resourceId('other', 'A.B/c', 'd')`, `"/subscriptions/s/resourceGroups/other/providers/A.B/c/d"`},
	{`resourceId('A.B/c/d', 'e')`, `!requires '2' resource name argument(s)`},
	{`subscriptionResourceId('x', 'A.B/c', 'd')`, `"/subscriptions/x/providers/A.B/c/d"`},
	{`subscriptionResourceId('Microsoft.Resources/resourceGroups', 'd')`, `"/subscriptions/s/resourceGroups/d"`},
	{`managementGroupResourceId('m', 'A.B/c', 'd')`, `"/providers/Microsoft.Management/managementGroups/m/providers/A.B/c/d"`},
	{`tenantResourceId('A.B/c', 'd')`, `"/providers/A.B/c/d"`},
	{`extensionResourceId('/x', 'A.B/c', 'd')`, `"/x/providers/A.B/c/d"`},
	{`reference('/subscriptions/s/providers/A.B/c', '2020-01-01').x['y z']`, `"[reference('/subscriptions/s/providers/A.B/c', '2020-01-01').x['y z']]"`},
	{`reference('nope').x`, `!The template reference 'nope' is not valid`},
	{`references('nope')`, `!The template reference 'nope' is not valid`},
	{`listKeys('/a/b', '2020-01-01').keys[0]`, `"[listKeys('/a/b', '2020-01-01').keys[0]]"`},
	{`createObject('a', 1, 'b', listSecrets('/a/b', '1'))`, `{"a":1,"b":"[listSecrets('/a/b', '1')]"}`},
	{`if(equals(listSecrets('/a/b', '1').x, parameters('p')), first(createArray()).z, variables('v'))`,
		`"[if(equals(listSecrets('/a/b', '1').x, 'value'), first(createArray()).z, createArray('a', 'b'))]"`},
	{`map(listSecrets('/a/b', '1').x, lambda('i', concat(lambdaVariables('i').n, parameters('p'), variables('v')[0])))`,
		`"[map(listSecrets('/a/b', '1').x, lambda('i', concat(lambdaVariables('i').n, 'value', 'a')))]"`},
	{`map(createArray(1), lambda('o', filter(listSecrets('/a/b', '1').x, lambda('i', equals(lambdaVariables('i'), lambdaVariables('o'))))))`,
		`["[filter(listSecrets('/a/b', '1').x, lambda('i', equals(lambdaVariables('i'), 1)))]"]`},
	{`utcNow()`, `!not expected at this location`},
	{`resourceInfo('nope')`, `!The template reference 'nope' is not valid`},
	{`target('full')`, `!not expected at this location`},
	{`newGuid()`, `!not expected at this location`},
	{`providers('A.B', 'c').apiVersions[0]`, `"[providers('A.B', 'c').apiVersions[0]]"`},
	{`pickZones('A.B', 'c', 'westeurope', 2)`, `["1","2"]`},
	{`roleDefinitions('Reader').id`, `"[roleDefinitions('Reader').id]"`},
	{`toLogicalZone('s', 'l', 'z')`, `"[toLogicalZone('s', 'l', 'z')]"`},
	{`toLogicalZones('s', 'l', createArray('z'))`, `"[toLogicalZones('s', 'l', createArray('z'))]"`},
	{`toPhysicalZone('s', 'l', 'z')`, `"[toPhysicalZone('s', 'l', 'z')]"`},
	{`toPhysicalZones('s', 'l', createArray('z'))`, `"[toPhysicalZones('s', 'l', createArray('z'))]"`},
	{`ns.double(4)`, `8`},
	{`ns.double()`, `!function requires 1 argument(s) while 0 were provided`},
	{`ns.double('a')`, `!received a value of type 'String'`},

	// reading
	{`createObject('a', createObject('b c', 5)).A['B C']`, `5`},
	{`createArray(1, 2)[add(0, 1)]`, `2`},
	{`createArray(1)['a']`, `!the index is no integer`},
	{`'abc'.length`, `!can't be evaluated, property type is 'String'`},
	{`nope('a')`, `!The template function 'nope' is not valid`},
	{`concat('a'`, `!expected token 'RightParenthesis' and actual 'EndOfData'`},
	{`concat('a)`, `!not terminated`},
	{`concat`, `!expected token 'LeftParenthesis' and actual 'EndOfData'`},
	{`parameters('p') 'x'`, `!expected token 'EndOfData' and actual 'StringLiteral'`},
	{`concat('a', )`, `!expected token 'Identifier' and actual 'RightParenthesis'`},
}

func guidOf(s string) string {
	v, _ := functions.Table["guid"].Do(&functions.Call{Args: []any{s}})
	return v.(string)
}

func uniqueOf(s ...any) string {
	v, _ := functions.Table["uniquestring"].Do(&functions.Call{Args: s})
	return v.(string)
}

// evaluated is the result of an expression as an output.
func evaluated(expression string) (string, error) {
	quoted, _ := json.Marshal("[" + expression + "]")
	t, err := Parse(fmt.Appendf(nil, `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
		"languageVersion": "2.0", "parameters": {"p": {"type": "string"}}, "variables": {"v": ["a", "b"]}, "resources": {},
		"functions": [{"namespace": "ns", "members": {"double": {"parameters": [{"name": "n", "type": "int"}], "output": {"type": "int", "value": "[mul(parameters('n'), 2)]"}}}}],
		"outputs": {"r": {"nullable": true, "value": %s}}}`, quoted))
	if err != nil {
		return "", err
	}
	d, err := t.Evaluate(context.Background(), Options{
		Parameters: Parameters{"p": {Value: json.RawMessage(`"value"`)}}, Name: "d",
		Scope:    Scope{SubscriptionID: "s", ResourceGroup: "g", TenantID: "t", Tags: map[string]string{"a": "b"}},
		Deployer: Deployer{ObjectID: "o"}, Now: func() time.Time { return time.Unix(0, 0) },
	})
	if err != nil {
		return "", err
	}
	out, err := d.Outputs(context.Background(), nil)
	if err != nil {
		return "", err
	}
	return string(out[0].Value), nil
}

func TestFunctions(t *testing.T) {
	for _, c := range functionCases {
		got, err := evaluated(c.expression)
		switch fragment, fails := strings.CutPrefix(c.want, "!"); {
		case fails && (err == nil || !strings.Contains(err.Error(), fragment)):
			t.Errorf("%s: got %s, error %v; want an error with %q", c.expression, got, err, fragment)
		case !fails && err != nil:
			t.Errorf("%s: %v", c.expression, err)
		case !fails && got != c.want:
			t.Errorf("%s: got %s, want %s", c.expression, got, c.want)
		}
	}
}

// TestEveryFunctionHasACase fails when a function is added without a test.
func TestEveryFunctionHasACase(t *testing.T) {
	called := map[string]bool{}
	for _, c := range functionCases {
		parsed, err := expr.Parse("[" + c.expression + "]")
		if err != nil {
			continue
		}
		expr.Walk(parsed, func(n expr.Node) {
			if call, ok := n.(*expr.Call); ok {
				called[call.Key] = true
			}
		})
	}
	all := slices.Concat(slices.Collect(maps.Keys(functions.Table)), slices.Collect(maps.Keys(contextual)),
		[]string{"if", "and", "or", "coalesce", "lambda", "lambdavariables", "filter", "map", "reduce", "sort", "toobject", "mapvalues", "groupby"})
	slices.Sort(all)
	for _, name := range all {
		if !called[name] {
			t.Errorf("no case calls %s", name)
		}
	}
}
