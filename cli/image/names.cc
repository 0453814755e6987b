// tag, untag, image exists.
#include "cli/command.h"
#include "cli/commands.h"

namespace skiff::cli {

using common::ErrorCode;
using common::Result;

namespace {

class ImageTagCommand : public Command {
 public:
  void Declare(Arguments& a) override { a.Operands(operands_, 2); }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    image::Store store(paths);
    ASSIGN_OR_RETURN(const image::Image image, store.Find(operands_.front()));
    for (size_t i = 1; i < operands_.size(); ++i) {
      TRY(store.Tag(image, operands_[i]));
      context.Record("image", "tag", image.id, operands_[i]);
    }
    return 0;
  }

 private:
  std::vector<std::string> operands_;
};

class ImageUntagCommand : public Command {
 public:
  void Declare(Arguments& a) override { a.Operands(operands_, 1); }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    image::Store store(paths);
    ASSIGN_OR_RETURN(const image::Image image, store.Find(operands_.front()));
    TRY(store.Untag(image, {operands_.begin() + 1, operands_.end()}));
    // None named: all of them.
    const std::vector<std::string> names = operands_.size() > 1 ? std::vector(operands_.begin() + 1, operands_.end()) : image.names;
    for (const std::string& name : names) context.Record("image", "untag", image.id, name);
    return 0;
  }

 private:
  std::vector<std::string> operands_;
};

class ImageExistsCommand : public Command {
 public:
  void Declare(Arguments& a) override { a.Operands(operands_, 1, 1); }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    const Result<image::Image> image = image::Store(paths).Find(operands_.front());
    if (!image && image.error().code() != ErrorCode::kNotFound) return image.error();
    return image ? 0 : 1;
  }

 private:
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeImageTag() { return std::make_unique<ImageTagCommand>(); }
std::unique_ptr<Command> MakeImageUntag() { return std::make_unique<ImageUntagCommand>(); }
std::unique_ptr<Command> MakeImageExists() { return std::make_unique<ImageExistsCommand>(); }

}  // namespace skiff::cli
