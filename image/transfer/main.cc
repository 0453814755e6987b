// skiff-transfer: the only program that parses archives. Run by skiff, not by people.
//
//   skiff-transfer pull --graph-root DIR --run-root DIR [--rootless]   (and the other verbs of registry_main.h)
//   skiff-transfer load   --graph-root DIR --run-root DIR [--rootless] SOURCE
//   skiff-transfer import --graph-root DIR --run-root DIR [--rootless] [--name NAME] [--message TEXT] [--change TEXT]... SOURCE
//
// The verbs for registries read their request from standard input and tell what happens on standard output.
// SOURCE is a path or fd:N. Standard output: {"images":[{"id":"...","names":["..."]}]}. On an error standard error has
// {"code":"...","message":"..."} and the exit code is 1.
#include <getopt.h>
#include <sys/stat.h>

#include <cstdio>
#include <string>
#include <vector>

#include "common/json.h"
#include "image/storage_layout.h"
#include "image/transfer/confine.h"
#include "image/transfer/operations.h"
#include "image/transfer/registry_main.h"
#include "image/transfer/sha256.h"
#include "image/transfer_error.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

struct Arguments {
  std::string verb;
  std::string source;
  common::SystemPaths paths;
  ImportOptions import;
};

Result<Arguments> ParseArguments(int argc, char** argv) {
  static const option kOptions[] = {{"graph-root", required_argument, nullptr, 'g'},
                                    {"run-root", required_argument, nullptr, 'r'},
                                    {"rootless", no_argument, nullptr, 'u'},
                                    {"name", required_argument, nullptr, 'n'},
                                    {"message", required_argument, nullptr, 'm'},
                                    {"change", required_argument, nullptr, 'c'},
                                    {nullptr, 0, nullptr, 0}};
  Arguments arguments;
  opterr = 0;
  for (int code; (code = ::getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    switch (code) {
      case 'g': arguments.paths.graph_root = optarg; break;
      case 'r': arguments.paths.storage_run = optarg; break;
      case 'u': arguments.paths.rootless = true; break;
      case 'n': arguments.import.name = optarg; break;
      case 'm': arguments.import.message = optarg; break;
      case 'c': arguments.import.changes.emplace_back(optarg); break;
      default: return MakeError(ErrorCode::kInvalid, "skiff-transfer: unknown option {}", argv[optind - 1]);
    }
  }
  if (argc - optind == 1 && IsRegistryVerb(argv[optind]) && !arguments.paths.graph_root.empty()) {
    arguments.verb = argv[optind];
    return arguments;
  }
  if (argc - optind != 2 || arguments.paths.graph_root.empty() || arguments.paths.storage_run.empty())
    return MakeError(ErrorCode::kInvalid, "usage: skiff-transfer load|import --graph-root DIR --run-root DIR SOURCE");
  arguments.verb = argv[optind];
  arguments.source = argv[optind + 1];
  return arguments;
}

Result<> Prepare(const Arguments& arguments) {
  const StorageLayout layout(arguments.paths);
  TRY(layout.MakeFolders());
  // OpenSSL reads its configuration at the first use.
  (void)Sha256::HexOf("");
  return TryConfineFiles({arguments.paths.graph_root, layout.Overlay()}, {arguments.source});
}

Result<std::vector<LoadedImage>> Dispatch(const Arguments& arguments) {
  TRY(Prepare(arguments));
  if (arguments.verb == "load") return Load(arguments.paths, arguments.source);
  if (arguments.verb != "import") return MakeError(ErrorCode::kInvalid, "skiff-transfer: unknown verb {}", arguments.verb);
  ASSIGN_OR_RETURN(LoadedImage image, Import(arguments.paths, arguments.source, arguments.import));
  return std::vector<LoadedImage>{std::move(image)};
}

std::string Encode(const std::vector<LoadedImage>& images) {
  common::JsonBuilder json;
  common::JsonValue list = json.Array();
  for (const auto& image : images) {
    common::JsonValue item = json.Object();
    json.Set(item, "id", image.id);
    json.Set(item, "names", json.Strings(image.names));
    json.Push(list, std::move(item));
  }
  json.Set(json.root(), "images", std::move(list));
  return common::ToJson(json.root());
}

int Main(int argc, char** argv) {
  // Modes are those of the archive, whatever the caller's mask is.
  ::umask(022);
  auto arguments = ParseArguments(argc, argv);
  if (arguments && IsRegistryVerb(arguments->verb)) {
    const auto done = RunRegistryVerb(arguments->verb, arguments->paths);
    if (done) return 0;
    std::fprintf(stderr, "%s\n", EncodeTransferError(done.error()).c_str());
    return 1;
  }
  const auto images = arguments ? Dispatch(*arguments) : Result<std::vector<LoadedImage>>(arguments.error());
  if (!images) {
    std::fprintf(stderr, "%s\n", EncodeTransferError(images.error()).c_str());
    return 1;
  }
  std::printf("%s\n", Encode(*images).c_str());
  return 0;
}

}  // namespace
}  // namespace skiff::image

int main(int argc, char** argv) { return skiff::image::Main(argc, argv); }
