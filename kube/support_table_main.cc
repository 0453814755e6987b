// Prints the tables of docs/KUBERNETES.md.
#include <cstdio>

#include "kube/support_table.h"

int main() {
  std::fputs(skiff::kube::SupportTable().c_str(), stdout);
  return 0;
}
