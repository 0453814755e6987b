#include "pod/state/name_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skiff::pod {
namespace {

TEST(Hosts, KubernetesForm) {
  EXPECT_EQ(RenderHosts({.kubernetes = true,
                         .host_file = "10.9.9.9 elsewhere\n",
                         .addresses = {"10.89.0.5"},
                         .hostname = "web",
                         .host_address = "10.89.0.1",
                         .aliases = {{.ip = "10.1.2.3", .hostnames = {"db", "db.local"}}}}),
            "# Kubernetes-managed hosts file.\n"
            "127.0.0.1\tlocalhost\n"
            "::1\tlocalhost ip6-localhost ip6-loopback\n"
            "fe00::0\tip6-localnet\n"
            "fe00::0\tip6-mcastprefix\n"
            "fe00::1\tip6-allnodes\n"
            "fe00::2\tip6-allrouters\n"
            "10.89.0.5\tweb\n"
            "10.89.0.1\thost.containers.internal host.docker.internal\n"
            "\n"
            "# Entries added by HostAliases.\n"
            "10.1.2.3\tdb\tdb.local\n");
}

TEST(Hosts, KubernetesFormOnTheHostNetworkCopiesTheHostsFile) {
  EXPECT_EQ(RenderHosts({.kubernetes = true, .host_network = true, .host_file = "127.0.0.1 localhost node"}),
            "# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost node\n");
}

TEST(Hosts, PodmanForm) {
  EXPECT_EQ(RenderHosts({.host_file = "# comment\n127.0.0.1 localhost\n10.9.9.9  elsewhere here # note\n",
                         .addresses = {"10.89.0.5"},
                         .hostname = "0123456789ab",
                         .name = "box",
                         .host_address = "10.89.0.1",
                         .aliases = {{.ip = "10.1.2.3", .hostnames = {"host.docker.internal"}}}}),
            "10.1.2.3\thost.docker.internal\n"
            "127.0.0.1\tlocalhost\n"
            "10.9.9.9\telsewhere here\n"
            "10.89.0.1\thost.containers.internal\n"
            "10.89.0.5\t0123456789ab box\n");
}

TEST(Hosts, PodmanFormHasLocalhostWithoutAHostsFile) {
  EXPECT_EQ(RenderHosts({}), "127.0.0.1\tlocalhost\n::1\tlocalhost\n");
}

// As podman does it (4.3): "podman run --network a --network b", with IPv6 on a.
TEST(Hosts, EveryAddressHasTheNames) {
  EXPECT_EQ(RenderHosts({.host_file = "", .addresses = {"10.70.0.2", "fd70::2", "10.71.0.2"}, .hostname = "hn", .name = "box"}),
            "127.0.0.1\tlocalhost\n::1\tlocalhost\n10.70.0.2\thn box\nfd70::2\thn box\n10.71.0.2\thn box\n");
}

TEST(Hosts, JoiningAndLeavingANetwork) {
  const std::string one = "127.0.0.1\tlocalhost\n10.70.0.2\thn box\n# by hand\n";
  const std::string two = "127.0.0.1\tlocalhost\n10.70.0.2\thn box\n10.71.0.2\thn box\n# by hand\n";
  EXPECT_EQ(ReplaceHostsAddresses(one, {"10.70.0.2"}, {"10.70.0.2", "10.71.0.2"}, ""), two);
  EXPECT_EQ(ReplaceHostsAddresses(two, {"10.70.0.2", "10.71.0.2"}, {"10.70.0.2"}, ""), one);
  EXPECT_EQ(ReplaceHostsAddresses(one, {"10.70.0.2"}, {"10.71.0.9"}, ""),
            "127.0.0.1\tlocalhost\n10.71.0.9\thn box\n# by hand\n");
  EXPECT_EQ(ReplaceHostsAddresses("10.9.9.9 other\n", {"10.70.0.2"}, {"10.71.0.9"}, ""), "10.9.9.9 other\n") << "no line to learn the names from";
  EXPECT_EQ(ReplaceHostsAddresses("10.9.9.9 other\n", {}, {"10.71.0.9"}, "127.0.0.1 localhost\n10.71.0.9 hn web\n"),
            "10.9.9.9 other\n10.71.0.9 hn web\n") << "from none to one: as at a start";
}

TEST(Hosts, TheNamesOfTheHostMoveToAnotherGateway) {
  const std::string hosts = "10.5.0.1\tother\n10.5.0.1\thost.containers.internal host.docker.internal\n";
  EXPECT_EQ(ReplaceHostAddress(hosts, "10.5.0.1", "10.6.0.1"),
            "10.5.0.1\tother\n10.6.0.1\thost.containers.internal host.docker.internal\n");
  EXPECT_EQ(ReplaceHostAddress(hosts, "10.7.0.1", "10.6.0.1"), hosts);
}

TEST(ResolvConf, NameServersFollowTheNetworks) {
  const std::string one = "search dns.podman\nnameserver 10.5.0.1\nnameserver 9.9.9.9\noptions ndots:1\n";
  const std::string two = "search dns.podman\nnameserver 10.5.0.1\nnameserver 10.6.0.1\nnameserver 9.9.9.9\noptions ndots:1\n";
  EXPECT_EQ(ReplaceNameServers(one, {"10.5.0.1"}, {"10.5.0.1", "10.6.0.1"}), two);
  EXPECT_EQ(ReplaceNameServers(two, {"10.5.0.1", "10.6.0.1"}, {"10.5.0.1"}), one);
  EXPECT_EQ(ReplaceNameServers("nameserver 10.5.0.1\n", {"10.5.0.1"}, {"10.6.0.1"}), "nameserver 10.6.0.1\n");
  EXPECT_EQ(ReplaceNameServers("nameserver 9.9.9.9\n", {"10.5.0.1"}, {"10.6.0.1"}), "nameserver 9.9.9.9\n") << "asks another";
  EXPECT_EQ(ReplaceNameServers(one, {"10.5.0.1"}, {}), one) << "nobody else to ask";
  EXPECT_EQ(ReplaceNameServers(two, {"10.5.0.1", "10.6.0.1"}, {"10.1.0.1", "10.2.0.1", "10.3.0.1"}),
            "search dns.podman\nnameserver 10.1.0.1\nnameserver 10.2.0.1\nnameserver 10.3.0.1\noptions ndots:1\n");
}

TEST(Hosts, TheFullNameOfASubdomainComesFirst) {
  EXPECT_THAT(RenderHosts({.kubernetes = true, .addresses = {"10.89.0.5"}, .hostname = "db-0", .domain = "db.shop.svc.cluster.local"}),
              testing::HasSubstr("\n10.89.0.5\tdb-0.db.shop.svc.cluster.local\tdb-0\n"));
}

TEST(ResolvConf, LoopbackResolversAreLeftOut) {
  EXPECT_EQ(RenderResolvConf({.host_file = "search lan\nnameserver 127.0.0.53\nnameserver 192.168.1.1\noptions edns0\n"}),
            "search lan\nnameserver 192.168.1.1\noptions edns0\n");
  EXPECT_EQ(RenderResolvConf({.host_file = "nameserver 127.0.0.53\n"}), "nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
  EXPECT_EQ(RenderResolvConf({.host_network = true, .host_file = "nameserver 127.0.0.53\n"}), "nameserver 127.0.0.53\n");
}

TEST(ResolvConf, KubernetesAddsAndMerges) {
  EXPECT_EQ(RenderResolvConf({.dns = {.policy = DnsConfig::Policy::kDefault,
                                      .nameservers = {"1.1.1.1", "192.168.1.1", "2.2.2.2", "3.3.3.3"},
                                      .searches = {"shop.local", "lan"},
                                      .options = {"ndots:2", "edns0"}},
                              .kubernetes = true,
                              .host_file = "search lan\nnameserver 192.168.1.1\noptions ndots:5 rotate\n"}),
            "search lan shop.local\nnameserver 192.168.1.1\nnameserver 1.1.1.1\nnameserver 2.2.2.2\n"
            "options rotate ndots:2 edns0\n");
}

TEST(ResolvConf, PolicyNoneTakesNothingFromTheHost) {
  EXPECT_EQ(RenderResolvConf({.dns = {.policy = DnsConfig::Policy::kNone, .nameservers = {"1.1.1.1"}},
                              .kubernetes = true,
                              .host_file = "search lan\nnameserver 192.168.1.1\n"}),
            "nameserver 1.1.1.1\n");
}

TEST(ResolvConf, RunOptionsTakeThePlaceOfTheHosts) {
  EXPECT_EQ(RenderResolvConf({.dns = {.nameservers = {"9.9.9.9"}, .searches = {"."}},
                              .host_file = "search lan\nnameserver 192.168.1.1\noptions rotate\n"}),
            "nameserver 9.9.9.9\noptions rotate\n");
}

TEST(ResolvConf, ANetworksNameServerIsTheOnlyOne) {
  const std::string host = "search lan\nnameserver 192.168.1.1\noptions rotate\n";
  const DnsConfig more{.policy = DnsConfig::Policy::kClusterFirst,
                       .nameservers = {"1.1.1.1"},
                       .searches = {"own"},
                       .options = {"ndots:2"}};
  EXPECT_EQ(RenderResolvConf({.dns = more,
                              .kubernetes = true,
                              .network_servers = {"10.89.0.1"},
                              .kube_namespace = "shop",
                              .host_file = host}),
            "search shop.svc.cluster.local svc.cluster.local cluster.local lan own\n"
            "nameserver 10.89.0.1\nnameserver 1.1.1.1\noptions ndots:2\n");
  EXPECT_EQ(RenderResolvConf({.dns = {.policy = DnsConfig::Policy::kDefault},
                              .kubernetes = true,
                              .network_servers = {"10.89.0.1"},
                              .host_file = host}),
            host);
  // podman: --dns names the servers that the network's asks.
  EXPECT_EQ(RenderResolvConf({.dns = {.nameservers = {"9.9.9.9"}}, .network_servers = {"10.89.0.1"}, .host_file = host}),
            "search dns.podman\nnameserver 10.89.0.1\noptions rotate\n");
  EXPECT_EQ(RenderResolvConf({.dns = {.searches = {"own"}}, .network_servers = {"10.89.0.1"}, .host_file = host}),
            "search own\nnameserver 10.89.0.1\noptions rotate\n");
}

// The rules and words of kubelet's network/dns.
TEST(ResolvConf, WhatIsTooMuchIsCutAsTheKubeletCuts) {
  ResolvConfInput input{.dns = {.policy = DnsConfig::Policy::kClusterFirst, .nameservers = {"192.0.2.1", "192.0.2.2", "192.0.2.3"}},
                        .kubernetes = true,
                        .network_servers = {"10.89.0.1"},
                        .kube_namespace = "n"};
  for (int i = 0; i < 30; ++i) input.dns.searches.push_back(fmt::format("d{}", i));
  EXPECT_THAT(ResolvConfOmissions(input),
              testing::ElementsAre("Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: "
                                   "10.89.0.1 192.0.2.1 192.0.2.2",
                                   testing::AllOf(testing::HasSubstr("Search Line limits were exceeded, some search paths have been "
                                                                     "omitted, the applied search line is: n.svc.cluster.local svc."),
                                                  testing::EndsWith(" d27 d28"))));
  EXPECT_THAT(RenderResolvConf(input), testing::HasSubstr(" d28\nnameserver 10.89.0.1\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n"));
  input.dns.nameservers.pop_back();
  input.dns.searches.resize(29);
  EXPECT_THAT(ResolvConfOmissions(input), testing::IsEmpty());
  // No resolver takes the long one, and of ten of 200 characters behind the cluster's nine are within 2048.
  input.dns.searches = {std::string(254, 'x')};
  EXPECT_THAT(ResolvConfOmissions(input), testing::SizeIs(1));
  EXPECT_THAT(RenderResolvConf(input), testing::HasSubstr("search n.svc.cluster.local svc.cluster.local cluster.local\n"));
  input.dns.searches.clear();
  for (int i = 0; i < 10; ++i) input.dns.searches.push_back(std::string(199, 'a') + std::to_string(i));
  EXPECT_THAT(RenderResolvConf(input), testing::HasSubstr("a8\nnameserver"));
  // podman leaves that to whoever asks for it.
  input.kubernetes = false;
  EXPECT_THAT(RenderResolvConf(input), testing::HasSubstr("a9\nnameserver"));
}

TEST(ResolvConf, RecognisesALocalStub) {
  EXPECT_TRUE(OnlyLoopbackResolvers("nameserver 127.0.0.53\noptions edns0"));
  EXPECT_FALSE(OnlyLoopbackResolvers("nameserver 127.0.0.1\nnameserver 10.0.0.1\n"));
  EXPECT_FALSE(OnlyLoopbackResolvers(""));
}

}  // namespace
}  // namespace skiff::pod
