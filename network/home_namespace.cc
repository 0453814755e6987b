#include "network/home_namespace.h"

#include <fcntl.h>

#include "common/file.h"
#include "common/user_namespace.h"
#include "network/netns.h"

namespace skiff::network {

using common::Result;

Result<> InHomeNamespace(const std::function<Result<>()>& work) {
  const auto user = common::UserNamespace::Current();
  if (!user) return work();
  ASSIGN_OR_RETURN(const common::UniqueFd home, common::Open(user->NetworkNamespace(), O_RDONLY), "the network of user {}", user->user);
  return InNetworkNamespace(home.get(), work);
}

}  // namespace skiff::network
