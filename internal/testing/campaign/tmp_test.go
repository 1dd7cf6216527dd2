package campaign
import "net/http"
const callsVariable="X"
func servePanickingProvider(string){}
func send(w http.ResponseWriter, part []byte) {
	_, _ = w.Write(part) // the client may have been killed
	_ = http.NewResponseController(w).Flush()
}
