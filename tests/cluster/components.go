package cluster

// component is a long-running program of the cluster.
type component struct {
	name    string
	command []string
}

// components are all components, in the order of their start. init.sh waits for the API server before those that need it.
func (p paths) components(opts Options) []component {
	pki := func(name string) string { return p.in("pki", name) }
	apiserver := []string{
		"kube-apiserver",
		"--etcd-servers=http://127.0.0.1:2379",
		// There is no kube-proxy: pods reach the API server because it listens on port 443, and because the loopback interface has its service address.
		"--secure-port=443",
		"--advertise-address=" + p.nodeIP,
		"--tls-cert-file=" + pki("apiserver.crt"), "--tls-private-key-file=" + pki("apiserver.key"),
		"--client-ca-file=" + pki("ca.crt"),
		"--service-account-issuer=https://" + nodeName,
		"--service-account-key-file=" + pki("service-account.pub"),
		"--service-account-signing-key-file=" + pki("service-account.key"),
		"--service-cluster-ip-range=" + services,
		"--kubelet-client-certificate=" + pki("apiserver-client.crt"), "--kubelet-client-key=" + pki("apiserver-client.key"),
		"--kubelet-certificate-authority=" + pki("ca.crt"),
		"--kubelet-preferred-address-types=InternalIP",
		"--authorization-mode=Node,RBAC",
		"--allow-privileged=true",
		"--enable-admission-plugins=NodeRestriction",
		// A test looks for credentials in the audit log.
		"--audit-policy-file=" + p.in("audit.yaml"), "--audit-log-path=" + p.in("log", "audit.log"), "--audit-log-mode=batch",
		"--audit-log-maxsize=200", "--audit-log-maxbackup=2", // MB, files
	}
	kubelet := []string{
		"kubelet",
		"--kubeconfig=" + p.in("kubelet.kubeconfig"),
		"--config=" + p.in("kubelet.yaml"),
		"--hostname-override=" + nodeName,
		"--node-ip=" + p.nodeIP,
		"--root-dir=" + p.in("kubelet"),
		"--cert-dir=" + p.in("kubelet-pki"),
	}
	all := []component{
		{"etcd", []string{
			"etcd", "--data-dir=" + p.in("etcd"), "--unsafe-no-fsync",
			"--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
			"--listen-peer-urls=http://127.0.0.1:2380",
		}},
		{"apiserver", apiserver},
		{"containerd", []string{"containerd", "--config", p.in("containerd.toml")}},
		{"registry", []string{"docker-registry", "serve", p.in("registry.yml")}},
		{"auth-registry", []string{"docker-registry", "serve", p.in("auth-registry.yml")}},
		{"controller-manager", []string{
			"kube-controller-manager",
			"--kubeconfig=" + p.in("controller-manager.kubeconfig"),
			"--service-account-private-key-file=" + pki("service-account.key"),
			"--root-ca-file=" + pki("ca.crt"),
			"--use-service-account-credentials=true",
			"--leader-elect=false",
			// With the default, 20 requests a second, its controllers take five seconds to start.
			"--kube-api-qps=500", "--kube-api-burst=1000",
		}},
		{"scheduler", []string{"kube-scheduler", "--kubeconfig=" + p.in("scheduler.kubeconfig"), "--leader-elect=false"}},
		{"kubelet", append(kubelet, opts.KubeletFlags...)},
	}
	for _, machine := range p.machines {
		all = append(all, component{machine.Name, machine.Command()})
	}
	return all
}
