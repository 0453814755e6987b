// Prints the tables of docs/KUBERNETES.md.
#include <cstdio>

#include "kube/model/support_table.h"

int main() {
  std::fputs(skiff::kube::SupportTable().c_str(), stdout);
  return 0;
}
