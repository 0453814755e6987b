// image prune.
#include <set>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/image/image_filter.h"
#include "cli/image/removal.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

Result<std::vector<std::string>> RemoveUnneededParents(image::Store& store, std::string parent_id) {
  std::vector<std::string> removed;
  while (!parent_id.empty()) {
    ASSIGN_OR_RETURN(const image::Family family, image::Family::Load(store));
    const auto image = store.Find(parent_id);
    if (!image || !family.IsDangling(*image)) break;
    const image::Image* next = family.Parent(parent_id);
    const std::string next_id = next == nullptr ? "" : next->id;
    const auto done = store.Remove(parent_id, false);
    if (!done && (done.error().code() == ErrorCode::kBusy || done.error().code() == ErrorCode::kNotFound)) break;
    if (!done) return done.error();
    removed.push_back(parent_id);
    parent_id = next_id;
  }
  return removed;
}

namespace {

class PruneCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-a,--all", all_, "All images without containers, not only those without name");
    a.Switch("-f,--force", force_, "Do not ask");
    a.List("--filter", filters_, "key=value", "until, label, label!, and those of images");
    a.Refused("--external", false, "containers of other programs are theirs; see 'podman image prune --external' or 'buildah rm'");
    a.Refused("-b,--build-cache", false, "use 'buildah prune'");
  }

  Result<int> Run(Context& context) override {
    if (!force_) {
      const char* all = "WARNING! This command removes all images without at least one container associated with them.";
      ASSIGN_OR_RETURN(const bool agreed, Confirm(all_ ? all : "WARNING! This command removes all dangling images."));
      if (!agreed) return 0;
    }
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    image::Store& store = engine->images();
    ASSIGN_OR_RETURN(const ImageFilter filter, ImageFilter::Parse(filters_, store));
    // An image can become unneeded when another has gone.
    for (bool again = true; again;) {
      ASSIGN_OR_RETURN(again, PruneOnce(context, store, filter));
    }
    return 0;
  }

 private:
  Result<bool> PruneOnce(Context& context, image::Store& store, const ImageFilter& filter) {
    ASSIGN_OR_RETURN(const image::Family family, image::Family::Load(store));
    ASSIGN_OR_RETURN(const auto uses, ImageUses(context));
    bool removed_some = false;
    for (const image::Image& image : family.images()) {
      if (kept_.contains(image.id) || uses.contains(image.id)) continue;
      if (!(all_ ? family.Children(image.id).empty() : family.IsDangling(image)) || !filter.Wants(image, family, uses)) continue;
      const auto removed = store.Remove(image.id, true);
      if (removed) {
        PrintLine(image.id);
        removed_some = true;
        continue;
      }
      // Another program's container, or a mount: it stays. It may also be gone already.
      if (removed.error().code() != ErrorCode::kBusy && removed.error().code() != ErrorCode::kNotFound) return removed.error();
      kept_.insert(image.id);
    }
    return removed_some;
  }

  bool all_ = false, force_ = false;
  std::vector<std::string> filters_;
  std::set<std::string> kept_;
};

}  // namespace

std::unique_ptr<Command> MakeImagePrune() { return std::make_unique<PruneCommand>(); }

}  // namespace skiff::cli
