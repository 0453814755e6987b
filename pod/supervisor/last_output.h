// What the containers of a pod have written that has lost its supervisor for good (with its reaper), into their logs.
#pragma once

#include <list>
#include <memory>

#include "pod/supervisor/attach_hub.h"
#include "pod/supervisor/container_io.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/plan.h"
#include "pod/supervisor/status.h"

namespace skiff::supervisor {

class LastOutput {
 public:
  // Before the containers are killed: a FIFO forgets what is in it when nobody has it open any more.
  LastOutput(const PodPlan& plan, const PodStatus& status);
  // Afterwards. What cannot be written (a full disk) is lost.
  void Write();

 private:
  // There is no reaper that could keep anything.
  class NoKeeper : public DescriptorKeeper {
   public:
    void Keep(const std::string&, int) override {}
    void Drop(const std::string&) override {}
    common::UniqueFd Take(const std::string&) override { return {}; }
  };

  std::unique_ptr<EventLoop> loop_;
  NoKeeper keeper_;
  std::list<AttachHub> hubs_;
  std::list<std::unique_ptr<ContainerIo>> outputs_;
};

}  // namespace skiff::supervisor
