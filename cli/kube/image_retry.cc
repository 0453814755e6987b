#include "cli/kube/image_retry.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "cli/kube/commands.h"
#include "cli/kube/manifest_input.h"
#include "common/file.h"
#include "common/json_fields.h"
#include "common/process.h"
#include "image/pull_policy.h"
#include "pod/state/state_watch.h"

namespace skiff::cli {

using common::Result;
using common::UniqueFd;
using std::chrono::steady_clock;

namespace {

// The kubelet's (pkg/kubelet/kubelet.go: imageBackOffPeriod, MaxImageBackOff).
constexpr std::chrono::seconds kFirstDelay{10};
constexpr std::chrono::seconds kLongestDelay{300};

struct WantedImage {
  std::string container;
  std::string image;
  std::string policy;
};

struct WantingPod {
  std::string id;
  std::string kube_namespace;
  std::vector<std::string> pull_secrets;  // names: each try takes what the Secrets hold by then
  std::vector<WantedImage> images;
};

struct RetryRequest {
  std::string access;  // an encoded image::RegistryRequest
  std::vector<WantingPod> pods;
};

template <typename V>
void VisitFields(V& v, WantedImage& image) {
  v("container", image.container);
  v("image", image.image);
  v("policy", image.policy);
}
template <typename V>
void VisitFields(V& v, WantingPod& pod) {
  v("id", pod.id);
  v("namespace", pod.kube_namespace);
  v("pullSecrets", pod.pull_secrets);
  v("images", pod.images);
}
template <typename V>
void VisitFields(V& v, RetryRequest& request) {
  v("access", request.access);
  v("pods", request.pods);
}

Result<> SpawnRetry(Context& context, const RetryRequest& request) {
  ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
  ASSIGN_OR_RETURN(const std::string self, common::ReadLink(paths.proc_root + "/self/exe"));
  ASSIGN_OR_RETURN(const UniqueFd input, common::MemoryFile(common::EncodeJson(request)));
  common::Command command{.argv = {self}, .environment = {}, .working_directory = "/", .stdin_fd = input.get(),
                          .pass_fds = {}, .new_session = true};
  const GlobalOptions& options = context.options();
  for (const auto& [flag, value] : {std::pair{"--runtime", options.runtime}, {"--root", options.root}, {"--runroot", options.runroot}}) {
    if (!value.empty()) command.argv.insert(command.argv.end(), {flag, value});
  }
  command.argv.push_back(kRetryImagesCommand);
  TRY(common::Spawn(command));
  return {};
}

// One pod that waits. Of the two times, `told` is when its containers change from ErrImagePull to ImagePullBackOff.
struct Waiting {
  WantingPod pod;
  std::string token;
  std::chrono::seconds delay = kFirstDelay;
  steady_clock::time_point told;
  steady_clock::time_point next;
  bool backing_off = false;

  void Begin() {
    backing_off = false;
    next = steady_clock::now() + delay;
    told = next - delay / 2;
    delay = std::min(2 * delay, kLongestDelay);
  }
  steady_clock::time_point deadline() const { return backing_off ? next : told; }
};

class RetryImagesCommand : public Command {
 public:
  void Declare(Arguments&) override {}

  Result<int> Run(Context& context) override {
    TRY(Read());
    ASSIGN_OR_RETURN(engine_, context.Engine());
    ASSIGN_OR_RETURN(pod::StateWatch watch, pod::StateWatch::Open(engine_->paths()));
    for (WantingPod& pod : request_.pods) {
      auto token = engine_->ClaimWaiting(pod.id);
      if (!token) continue;  // removed already
      waiting_.push_back({.pod = std::move(pod), .token = std::move(*token), .told = {}, .next = {}});
      waiting_.back().Begin();
    }
    while (true) {
      std::erase_if(waiting_, [&](const Waiting& waiting) { return !StillWaits(waiting); });
      if (waiting_.empty()) return 0;
      const auto first = std::ranges::min_element(waiting_, {}, &Waiting::deadline);
      if (first->deadline() <= steady_clock::now()) TRY(Step(context, *first));
      else TRY(watch.Wait(first->deadline()));
    }
  }

 private:
  Result<> Read() {
    ASSIGN_OR_RETURN(const std::string text, common::ReadAll(STDIN_FILENO));
    ASSIGN_OR_RETURN(request_, common::DecodeJson<RetryRequest>(text, "the request"));
    ASSIGN_OR_RETURN(access_, image::DecodeRegistryRequest(request_.access));
    return {};
  }

  // What cannot be found out now is asked again at the next step.
  bool StillWaits(const Waiting& waiting) { return engine_->WaitsFor(waiting.pod.id, waiting.token).value_or(true); }

  Result<> Step(Context& context, Waiting& waiting) {
    if (!waiting.backing_off) {
      waiting.backing_off = true;
      std::vector<pod::Engine::ImageFailure> failures;
      for (const WantedImage& image : waiting.pod.images) {
        if (image.policy == "Never") continue;
        failures.push_back({image.container, "ImagePullBackOff", fmt::format("Back-off pulling image \"{}\"", image.image)});
      }
      if (!failures.empty()) Record(waiting, failures);
      return {};
    }
    // An engine of its own: what it has found out about the store is true for one command only.
    Context own(context.options());
    ASSIGN_OR_RETURN(pod::Engine * engine, own.Engine());
    ASSIGN_OR_RETURN(const kube::BackendFactory factory, Backend(own));
    ASSIGN_OR_RETURN(const std::unique_ptr<kube::PodBackend> backend, factory());
    const auto secrets = kube::StoredPullSecrets(*backend, ReadStoredObject, {waiting.pod.kube_namespace, waiting.pod.pull_secrets});
    const std::vector<pod::Engine::ImageFailure> failures = Pull(*engine, waiting, secrets);
    if (!failures.empty()) {
      Record(waiting, failures);
    } else if (auto started = engine->StartPod(waiting.pod.id); !started) {
      // The images are there: from now on it is a pod that was made and not started, with the reason among its events.
      (void)engine->AddPodEvent(waiting.pod.id, {.type = "Warning", .reason = "Failed", .message = started.error().message()});
    }
    waiting.Begin();
    return {};
  }

  std::vector<pod::Engine::ImageFailure> Pull(pod::Engine& engine, const Waiting& waiting, const std::vector<std::string>& secrets) {
    std::vector<image::WantedImage> wanted;
    for (const WantedImage& image : waiting.pod.images) {
      const auto when = image::ParsePullWhen(image.policy);
      wanted.push_back({image.image, when ? *when : image::PullWhen::kMissing, secrets});
    }
    const auto results = image::ProvideImages(engine.paths(), engine.images(), wanted, access_, {});
    std::vector<pod::Engine::ImageFailure> failures;
    for (size_t i = 0; i < results.size(); ++i) {
      if (results[i]) continue;
      const WantedImage& image = waiting.pod.images[i];
      failures.push_back({image.container, kube::ImageErrorReason({image.image, image.policy, {}}), results[i].error().message()});
    }
    return failures;
  }

  // A pod that is gone meanwhile is noticed by StillWaits.
  void Record(const Waiting& waiting, const std::vector<pod::Engine::ImageFailure>& failures) {
    (void)engine_->KeepWaiting(waiting.pod.id, failures);
  }

  RetryRequest request_;
  image::RegistryRequest access_;
  pod::Engine* engine_ = nullptr;
  std::vector<Waiting> waiting_;
};

}  // namespace

void TryRetryImages(Context& context, const kube::PlayReport& report, const AccessFlags& access) {
  if (report.waiting.empty()) return;
  RetryRequest request;
  for (const kube::WaitingPod& pod : report.waiting) {
    WantingPod& wanting = request.pods.emplace_back();
    wanting.id = pod.id;
    wanting.kube_namespace = pod.pull_secrets.kube_namespace;
    wanting.pull_secrets = pod.pull_secrets.secrets;
    for (const auto& [container, wish] : pod.waits) wanting.images.push_back({container, wish.image, wish.policy});
  }
  auto built = access.Build();
  if (!built) return;  // what the pull has told already
  image::RegistryRequest base;
  base.access = std::move(*built);
  // The process does not stay in our folder.
  if (const char* file = std::getenv("REGISTRY_AUTH_FILE"); file != nullptr && base.access.auth.authfile.empty() && *file != '/')
    base.access.auth.authfile = file;
  for (std::string* path : {&base.access.auth.authfile, &base.access.cert_dir})
    if (!path->empty()) *path = std::filesystem::absolute(*path);
  request.access = image::EncodeRegistryRequest(base);
  if (const auto spawned = SpawnRetry(context, request); !spawned)
    PrintWarning("the missing images will not be pulled again: " + spawned.error().message());
}

std::unique_ptr<Command> MakeRetryImages() { return std::make_unique<RetryImagesCommand>(); }

}  // namespace skiff::cli
