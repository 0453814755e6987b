#include "kube/play/play.h"

#include "kube/play/player.h"

namespace skiff::kube {

std::string_view ChangeName(Change change) {
  switch (change) {
    case Change::kUnchanged: return "unchanged";
    case Change::kCreated: return "created";
    case Change::kConfigured: return "configured";
    case Change::kReplaced: return "replaced";
  }
  return "";
}

PlayReport Play(const std::vector<Object>& objects, const PlayOptions& options, const BackendFactory& open_backend,
                const PlayObserver& observer) {
  return Player(objects, options, open_backend, observer).Run();
}

}  // namespace skiff::kube
