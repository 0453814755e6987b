// rmi.
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"

namespace skiff::cli {

using common::Error;
using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

class ImageRemoveCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-f,--force", force_, "Remove an image with several names, and the containers that use it");
    a.Switch("-a,--all", all_, "All images");
    a.Switch("-i,--ignore", ignore_, "An image that does not exist is no error");
    a.Operands(operands_, 0);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    std::vector<std::string> targets = operands_;
    if (all_) {
      ASSIGN_OR_RETURN(const std::vector<image::Image> images, engine->images().List());
      for (const image::Image& image : images) targets.push_back(image.id);
    }
    if (targets.empty() && !all_) return MakeError(ErrorCode::kInvalid, "image name or ID must be specified");
    const auto remove = [&](const std::string& name) -> Result<> {
      if (force_)
        TRY(RemoveUsers(*engine, name));
      else
        TRY(CheckUnused(*engine, name));
      const Result<image::Store::Removed> removed = engine->images().Remove(name, force_ || all_);
      if (!removed && (ignore_ || (force_ && !all_)) && removed.error().code() == ErrorCode::kNotFound)
        return {};
      if (!removed) return removed.error();
      for (const std::string& tag : removed->untagged) PrintLine("Untagged: " + tag);
      for (const std::string& id : removed->deleted) PrintLine("Deleted: " + id);
      return {};
    };
    return context.ForEach(targets, remove, [](const Error& error) {
      return error.code() == ErrorCode::kNotFound ? 1 : error.code() == ErrorCode::kBusy ? 2 : kExitFailure;
    });
  }

 private:
  // Our containers that use the image; none when there is no such image: Remove says so.
  static Result<std::vector<pod::ContainerInfo>> Users(pod::Engine& engine, const std::string& name) {
    std::vector<pod::ContainerInfo> users;
    const Result<image::Image> image = engine.images().Find(name);
    if (!image) return users;
    ASSIGN_OR_RETURN(users, engine.ListContainers());
    std::erase_if(users,
                  [&](const pod::ContainerInfo& container) { return container.image_id != image->id; });
    return users;
  }

  static Result<> RemoveUsers(pod::Engine& engine, const std::string& name) {
    ASSIGN_OR_RETURN(const std::vector<pod::ContainerInfo> users, Users(engine, name));
    for (const pod::ContainerInfo& container : users) TRY(engine.RemoveContainer(container.id, true));
    return {};
  }

  // One name of several may go while containers use the image.
  static Result<> CheckUnused(pod::Engine& engine, const std::string& name) {
    ASSIGN_OR_RETURN(const std::vector<pod::ContainerInfo> users, Users(engine, name));
    if (users.empty()) return {};
    const Result<image::Image> image = engine.images().Find(name);
    const bool by_name = image && !image->id.starts_with(name);
    if (by_name && image->names.size() > 1) return {};
    const std::string others = users.size() == 1 ? "" : fmt::format(" and {} more", users.size() - 1);
    return MakeError(ErrorCode::kBusy,
                     "image {} is in use by container {}{}: remove it first, or use --force", name,
                     users.front().name, others);
  }

  bool force_ = false, all_ = false, ignore_ = false;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeImageRemove() { return std::make_unique<ImageRemoveCommand>(); }

}  // namespace skiff::cli
