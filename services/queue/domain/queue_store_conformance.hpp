// The conformance suite of QueueStore: what every storage engine must do, a header for each theme. A storage folder's
// test program includes this header in exactly one of its files, and instantiates the suite:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, QueueStoreConformance, testing::Values(StoreUnderTest{"memory", make_factory}));
//
// Every test commits, calls reopen() and then looks: a durable store is closed and opened again in between, so that all
// of the suite also proves what survives.
#pragma once

#include <gtest/gtest.h>

#include "services/queue/domain/queue_store_expiry_conformance.hpp"
#include "services/queue/domain/queue_store_fixture.hpp"
#include "services/queue/domain/queue_store_link_conformance.hpp"
#include "services/queue/domain/queue_store_maintenance_conformance.hpp"
#include "services/queue/domain/queue_store_message_conformance.hpp"
#include "services/queue/domain/queue_store_record_conformance.hpp"
#include "services/queue/domain/queue_store_service_conformance.hpp"
#include "services/queue/domain/queue_store_touch_conformance.hpp"
#include "services/queue/domain/queue_store_transaction_conformance.hpp"

namespace sotto::queue {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(QueueStoreConformance);

}  // namespace sotto::queue
