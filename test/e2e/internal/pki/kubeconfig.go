package pki

import (
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig writes a kubeconfig to file: who holds the certificate in dir/leaf, acting as the user
// as unless that is empty.
func Kubeconfig(file, server, dir, leaf, as string) error {
	c := clientcmdapi.NewConfig()
	c.Clusters["e2e"] = &clientcmdapi.Cluster{Server: server, CertificateAuthority: filepath.Join(dir, "ca.crt")}
	c.AuthInfos["user"] = &clientcmdapi.AuthInfo{
		ClientCertificate: filepath.Join(dir, leaf, "tls.crt"),
		ClientKey:         filepath.Join(dir, leaf, "tls.key"),
		Impersonate:       as,
	}
	c.Contexts["e2e"] = &clientcmdapi.Context{Cluster: "e2e", AuthInfo: "user"}
	c.CurrentContext = "e2e"
	return clientcmd.WriteToFile(*c, file)
}
