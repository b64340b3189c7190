package multicluster

import "testing"

// TestPodsComeAndGo scales an echo server up and down in each member while requests go on.
func TestPodsComeAndGo(t *testing.T) {
	r := newRoom(t)
	r.serve("echo", stack.Members...)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", stack.Members...)

	load := web.load("shop.example", "/")
	for _, member := range stack.Members {
		r.scale(member, "echo", 3)
		web.servedBy("shop.example", "/", "echo", stack.Members...)
		r.scale(member, "echo", 1)
		web.servedBy("shop.example", "/", "echo", stack.Members...)
	}
	// A whole member may go, as long as another is there.
	east, west := stack.Members[0], stack.Members[1]
	r.scale(east, "echo", 0)
	web.servedBy("shop.example", "/", "echo", west)
	r.scale(east, "echo", 1)
	web.servedBy("shop.example", "/", "echo", east, west)
	load.end()
}
