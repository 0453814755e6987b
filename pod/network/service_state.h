// What all Services of the machine amount to, beside the pods: made by kube/, put in place by Engine::ReconcileServices.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "network/dns/names.h"
#include "network/service/service.h"

namespace skiff::pod {

// Variables by name, of the pods of one namespace.
struct ServiceVariables {
  std::map<std::string, std::map<std::string, std::string>> by_namespace;
};

template <typename V>
void VisitFields(V& v, ServiceVariables& s) {
  v("namespaces", s.by_namespace);
}

struct ServiceState {
  bool any = false;  // there is at least one Service
  std::vector<network::ServiceRule> rules;
  network::DnsServices names;
  ServiceVariables variables;
};

}  // namespace skiff::pod
