#include "kube/translate/node.h"

#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

namespace skiff::kube {

NodeInfo ReadNodeInfo() {
  NodeInfo node;
  if (utsname host{}; ::uname(&host) == 0) node.name = host.nodename;
  node.milli_cpu = std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)) * 1000;
  if (struct sysinfo memory{}; ::sysinfo(&memory) == 0)
    node.memory_bytes = static_cast<int64_t>(memory.totalram) * memory.mem_unit;
  if (struct statvfs root{}; ::statvfs("/", &root) == 0)
    node.ephemeral_storage_bytes = static_cast<int64_t>(root.f_blocks) * static_cast<int64_t>(root.f_frsize);
  return node;
}

}  // namespace skiff::kube
