// Package azcli runs Azure's own command line, az, for a program that needs more than its exit code: whether a resource was
// there already, what az's error was, whether anyone is signed in.
//
// A [Runner] runs one command at a time or many at once. [Runner.Run] takes the arguments after az as a list,
// [Runner.RunString] a whole command line as a person would type it. Both report what happened as [Message] values and
// return it: a [Result], or one of [*NotInstalledError], [*NotSignedInError], [*CommandError], [*JSONError] and
// [*SecretError]. A command whose context ends is ended together with everything that it started.
//
// Every az command starts a Python interpreter, which costs a quarter to half a second of processor time. Use Azure's
// SDK where that matters.
package azcli
