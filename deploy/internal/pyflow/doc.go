// Package pyflow reads Prefect flows from Python files without running them: no Python is needed, and nothing of the file
// is executed.
//
// [Read] finds a flow by the name of its function and says what its decorator, signature and docstring say. [Flow.Schema]
// is the schema of its parameters, as Prefect's own parameter_schema gives it.
//
// The way of a file through the package is
//
//	bytes --decode--> text --tokenize--> tokens --parseModule--> module --reader--> types, values --> schema
//
// The tokenizer knows all of Python 3.8 to 3.14. The parser knows imports, assignments, functions' signatures, classes and
// the expressions that types and literals are made of; everything else it skips by its tokens. The reader gives up, with a
// [Problem], on anything whose meaning the file alone does not settle: a computed default, a type from another file, a name
// that is bound twice. It never guesses.
package pyflow
