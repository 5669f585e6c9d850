package db

import (
	"math/rand/v2"
	"strings"
)

// qualities and animals make names for runs that were given none, in the form of the server's.
const (
	qualities = "agile amber ancient brave brisk calm candid clever copper cosmic curious dapper daring eager earnest fair gentle golden humble jolly keen lively lucky mellow mighty nimble noble patient placid prudent quick quiet rapid rustic silver sincere steady sturdy sunny swift tidy vivid warm wise witty"
	animals   = "badger beaver bison crane curlew dolphin eagle egret falcon ferret finch fox gannet gecko heron hare ibex jackdaw koala lark lemur lynx marmot marten mink moose narwhal newt ocelot osprey otter owl panda petrel plover puffin quail raven robin seal shrew stoat stork swan tapir tern vole walrus wombat wren"
)

// RunName is a name for a run that was given none.
func RunName() string {
	pick := func(words string) string {
		list := strings.Fields(words)
		return list[rand.IntN(len(list))]
	}
	return pick(qualities) + "-" + pick(animals)
}
