package keyring

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Panic says where the provider's own code panicked. It has neither the value nor the
// arguments, because both may contain a secret.
type Panic struct {
	Type  string // such as "runtime.boundsError"
	Stack string // one "function (file:line)" a line, innermost first
}

// Error implements error.
func (*Panic) Error() string { return "a bug in the provider stopped it" }

// maxFrames is how much of a stack is kept.
const maxFrames = 64

// Recovered describes what recover returned. Call it in the deferred function that
// recovers, where the stack is still that of the panic.
func Recovered(thrown any) *Panic {
	pc := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)]) // without Callers, Recovered and its caller
	var b strings.Builder
	for more := true; more; {
		var f runtime.Frame
		if f, more = frames.Next(); f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") {
			fmt.Fprintf(&b, "%s (%s:%d)\n", f.Function, f.File, f.Line)
		}
	}
	return &Panic{Type: fmt.Sprintf("%T", thrown), Stack: b.String()}
}

// asError is the panic as the error of an operation of unknown effect.
func (p *Panic) asError(operation string) *driver.Error {
	return &driver.Error{
		Service: "the provider", Operation: operation, Kind: driver.KindBug, Effect: driver.EffectUnknown,
		Message: "a bug in the provider stopped it", Err: p,
	}
}

// contained calls a method of the Service and redacts what it returns. A panic, as an
// unforeseen answer may cause, becomes an error: the request may have been carried out,
// and its outcome must still be found out.
func contained[T any](ctx context.Context, o *Options, operation string, call func() (T, error)) (result T, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			p := Recovered(thrown)
			o.panicked(ctx, p)
			err = p.asError(operation)
		}
	}()
	result, err = call()
	return result, o.redactResult(&result, err)
}

// panicked reports a panic.
func (o *Options) panicked(ctx context.Context, p *Panic) {
	if o.OnPanic != nil {
		o.OnPanic(ctx, p)
	}
}
