// Collectives over the host's network, which knows when a rank is gone.
#pragma once
#include "engine/collectives/collectives.h"

namespace engine {

class HostCollectives : public Collectives {
 public:
  // A rank that is known to have ended or to have lost its connection, such as "rank 1 on node07";
  // empty if there is none. Another thread may ask while this rank makes calls.
  virtual std::string gone() const = 0;
  // From now on a rank that moves no byte for so long is taken to hang.
  virtual void give_up_after(double seconds) = 0;
};

}  // namespace engine
