// A rule of Kubernetes' restartPolicyRules: what an exit code leads to, before the restart policy is asked.
#pragma once

#include <algorithm>
#include <vector>

namespace skiff::supervisor {

struct RestartRule {
  bool all = false;         // RestartAllContainers: of the whole pod, init containers included
  bool negated = false;     // NotIn
  std::vector<int> exit_codes;

  bool Matches(int exit_code) const {
    return (std::find(exit_codes.begin(), exit_codes.end(), exit_code) != exit_codes.end()) != negated;
  }
};

template <typename V>
void VisitFields(V& v, RestartRule& r) {
  v("all", r.all);
  v("negated", r.negated);
  v("exitCodes", r.exit_codes);
}

}  // namespace skiff::supervisor
