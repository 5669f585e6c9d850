// Package bench measures Pacific and its local Azure. All of it is one test, [TestFigures]: make bench runs it at full
// size and prints one table, each figure beside another one of the same run and as a ratio to it, because seconds alone
// say more about a machine than about a program.
//
// In make test the same code runs small: everything that must be right, whatever the time, is checked there (no line
// lost, no request refused, every process ended well), and nothing is timed.
package bench
