package evidence

// Listener is the evidence for the port and the control API, most of which real Azure has
// no counterpart of.
func Listener() []Entry {
	return []Entry{
		{
			Behaviour: "All of Azure's host names are answered on one port, over HTTP/1.1 alone and with certificates of an authority of its own, behind CONNECT or TLS.",
			Kind:      Assumed, Source: "a deliberate difference: clients need a proxy and an authority instead of DNS",
		},
		{
			Behaviour: "A host that the emulator does not play is a 421.",
			Code:      "MisdirectedRequest",
			Kind:      Assumed, Source: "a rule of the emulator; the status is that of RFC 9110",
		},
		{
			Behaviour: "A CONNECT to a host that is not Azure's is refused with the reason in the status line; where tunnelling is on it goes through the machine's own proxy, and a proxy that leads back to the emulator is refused too.",
			Kind:      Assumed, Source: "a rule of the emulator",
		},
		{
			Behaviour: "The control API wants its token and refuses requests from web pages; cloud is told to this machine alone.",
			Code:      "Unauthorized OriginRefused LoopbackOnly",
			Kind:      Assumed, Source: "the emulator's own API",
		},
		{
			Behaviour: "The control API names the field and the reason of a bad value.",
			Code:      "InvalidValue InvalidEvent",
			Kind:      Assumed, Source: "the emulator's own API",
		},
	}
}
