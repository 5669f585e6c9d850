// Package pytext writes values as Python writes them. Prefect is written in Python, so the text of a value is part of
// its API: the checksum of a block schema is taken over json.dumps, a number within a template becomes str(number), and
// the server's error messages quote with repr.
//
// Values are what encoding/json decodes with UseNumber: nil, bool, string, [json.Number], []any and map[string]any, so
// that 1 and 1.0 stay apart; [Decode] reads them, and [Loads] as json.loads does. [Repr] is repr(value), [Str] is str(value), [Dumps] is json.dumps(value, sort_keys=True)
// and [Float] is repr of a float. [Slug] is what python-slugify makes of a name.
//
// The clients and the emulator of Prefect's API share this package, which they do with nothing else. Two copies, each
// tested against the other, could agree on the same mistake; here the judge is Python itself. testdata/vectors.py wrote
// testdata/vectors.jsonl and testdata/printable.txt with a real interpreter, testdata/slugs.py wrote testdata/slugs.tsv,
// and the tests compare every line.
package pytext
