// An address that a pod has.
#pragma once

#include <string>

namespace skiff::network {

// A pod with several addresses (dual stack, several networks) has as many leases, those of its
// first network first, in the order of the network's subnets.
struct Lease {
  std::string network;
  std::string address;  // without prefix length
  int prefix_length = 24;
  std::string gateway;    // of its subnet, empty: none
  std::string mac;        // of the interface; empty: given by the kernel (ipvlan)
  std::string interface;  // inside the pod: "eth0"
};

template <typename V>
void VisitFields(V& v, Lease& l) {
  v("network", l.network);
  v("address", l.address);
  v("prefixLength", l.prefix_length);
  v("gateway", l.gateway);
  v("mac", l.mac);
  v("interface", l.interface);
}

}  // namespace skiff::network
